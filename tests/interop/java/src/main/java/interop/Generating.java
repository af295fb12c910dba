package interop;

import com.amazonaws.athena.connector.lambda.data.BlockAllocatorImpl;
import com.amazonaws.athena.connector.lambda.domain.Split;
import com.amazonaws.athena.connector.lambda.domain.TableName;
import com.amazonaws.athena.connector.lambda.domain.predicate.Constraints;
import com.amazonaws.athena.connector.lambda.domain.spill.S3SpillLocation;
import com.amazonaws.athena.connector.lambda.metadata.GetDataSourceCapabilitiesRequest;
import com.amazonaws.athena.connector.lambda.metadata.GetSplitsRequest;
import com.amazonaws.athena.connector.lambda.metadata.GetTableLayoutRequest;
import com.amazonaws.athena.connector.lambda.metadata.GetTableRequest;
import com.amazonaws.athena.connector.lambda.metadata.ListSchemasRequest;
import com.amazonaws.athena.connector.lambda.metadata.ListTablesRequest;
import com.amazonaws.athena.connector.lambda.records.ReadRecordsRequest;
import com.amazonaws.athena.connector.lambda.request.FederationRequest;
import com.amazonaws.athena.connector.lambda.request.PingRequest;
import com.amazonaws.athena.connector.lambda.security.EncryptionKey;
import com.amazonaws.athena.connector.lambda.security.FederatedIdentity;
import com.amazonaws.athena.connector.lambda.serde.VersionedObjectMapperFactory;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Generates requests: each from its own seed, in the wire version that follows from it.
 *
 * <p>A line is {@code {"seed", "version", "request", "said"}}: its JSON, and what the request's own getters say.
 */
final class Generating {
    private final Random random;
    private final Values values;
    private final BlockAllocatorImpl allocator;

    private Generating(long seed, BlockAllocatorImpl allocator) {
        this.random = new Random(seed);
        this.values = new Values(random);
        this.allocator = allocator;
    }

    static void all(JsonNode command, Path to) throws Exception {
        long first = command.required("seed").asLong();
        int count = command.required("count").asInt();
        try (BufferedWriter out = Files.newBufferedWriter(to)) {
            for (long seed = first; seed < first + count; seed++) {
                try (BlockAllocatorImpl allocator = new BlockAllocatorImpl("java")) {
                    int version = (int) (2 + seed % 5);
                    FederationRequest request = new Generating(seed, allocator).request(version);
                    Map<String, Object> line = new LinkedHashMap<>();
                    line.put("seed", seed);
                    line.put("version", version);
                    line.put("request",
                            VersionedObjectMapperFactory.create(allocator, version).writeValueAsString(request));
                    line.put("said", new Words(allocator).request(request, seed));
                    Lines.write(out, line);
                } catch (Exception error) {
                    throw new IllegalStateException("seed " + seed, error);
                }
            }
        }
    }

    private FederationRequest request(int version) {
        FederatedIdentity identity = identity();
        // A query's id may be missing in metadata requests.
        String query = random.nextInt(10) == 0 ? null : values.anyText();
        String catalog = values.anyText();
        TableName table = new TableName(values.anyText(), values.anyText());
        return switch (random.nextInt(20)) {
            case 0 -> new PingRequest(identity, catalog, values.anyText());
            case 1 -> new ListSchemasRequest(identity, query, catalog);
            case 2 -> new ListTablesRequest(identity, query, catalog, values.anyText(), perhaps(values.anyText()),
                    random.nextBoolean() ? ListTablesRequest.UNLIMITED_PAGE_SIZE_VALUE : random.nextInt());
            case 3 -> new GetTableRequest(identity, query, catalog, table, texts());
            // Capabilities came with version 4.
            case 4 -> version < 4 ? new ListSchemasRequest(identity, query, catalog)
                    : new GetDataSourceCapabilitiesRequest(identity, query, catalog);
            case 5, 6, 7, 8 -> {
                Schema schema = values.schema(random.nextInt(5), 2);
                Set<String> partitionColumns = new LinkedHashSet<>(texts().keySet());
                yield new GetTableLayoutRequest(
                        identity, query, catalog, table, constraints(), schema, partitionColumns);
            }
            case 9, 10, 11, 12, 13 -> {
                Schema schema = values.schema(random.nextInt(6), 2);
                List<String> partitionColumns = new ArrayList<>(texts().keySet());
                yield new GetSplitsRequest(identity, query, catalog, table,
                        values.block(allocator, schema, random.nextInt(4)), partitionColumns, constraints(),
                        perhaps(values.anyText()));
            }
            default -> new ReadRecordsRequest(identity, catalog, values.anyText(), table,
                    values.schema(random.nextInt(5), 2), split(), constraints(),
                    random.nextLong() >>> 1, random.nextInt(4) == 0 ? 0 : random.nextLong() >>> random.nextInt(60) >>> 1);
        };
    }

    private Constraints constraints() {
        return new Limiting(random, values, allocator).constraints();
    }

    private FederatedIdentity identity() {
        if (random.nextInt(10) == 0) {
            return null;
        }
        return new FederatedIdentity(perhaps(values.anyText()), perhaps("123456789012"), texts(),
                new ArrayList<>(texts().values()), texts());
    }

    private Split split() {
        S3SpillLocation location = new S3SpillLocation(values.anyText(), values.anyText(), random.nextInt(8) > 0);
        EncryptionKey key = random.nextInt(3) == 0 ? null
                : new EncryptionKey(values.bytes(random.nextBoolean() ? 32 : 16), values.bytes(12));
        return new Split(location, key, texts());
    }

    private String perhaps(String text) {
        return random.nextInt(3) == 0 ? null : text;
    }

    Map<String, String> texts() {
        return texts(random, values);
    }

    static Map<String, String> texts(Random random, Values values) {
        Map<String, String> texts = new LinkedHashMap<>();
        for (int at = random.nextInt(3); at > 0; at--) {
            texts.put(values.anyText(), values.anyText());
        }
        return texts;
    }
}
