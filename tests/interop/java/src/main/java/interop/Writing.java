package interop;

import com.amazonaws.athena.connector.lambda.data.Block;
import com.amazonaws.athena.connector.lambda.data.BlockAllocator;
import com.amazonaws.athena.connector.lambda.data.BlockAllocatorImpl;
import com.amazonaws.athena.connector.lambda.data.BlockUtils;
import com.amazonaws.athena.connector.lambda.domain.Split;
import com.amazonaws.athena.connector.lambda.domain.TableName;
import com.amazonaws.athena.connector.lambda.domain.predicate.Constraints;
import com.amazonaws.athena.connector.lambda.domain.predicate.OrderByField;
import com.amazonaws.athena.connector.lambda.domain.predicate.QueryPlan;
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
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/** Writes every request as the SDK writes it, in each version, beside what it says. */
final class Writing {
    private static final String CATALOG = "timestream";
    private static final String QUERY_ID = "11112222-3333-4444-5555-666677778888";
    private static final TableName TABLE = new TableName("fleet-metrics", "o'brien 😀");
    private static final String TABLE_WORDS = "fleet-metrics.o'brien 😀";
    private static final FederatedIdentity IDENTITY = new FederatedIdentity(
            "arn:aws:iam::123456789012:user/ana", "123456789012", Map.of("team", "ops"), List.of("analysts", "admins"),
            Map.of("spill_bucket", "other-bucket"));
    private static final Map<String, Object> IDENTITY_WORDS = Map.of(
            "arn", "arn:aws:iam::123456789012:user/ana", "account", "123456789012", "tags", Map.of("team", "ops"),
            "groups", List.of("analysts", "admins"), "configOptions", Map.of("spill_bucket", "other-bucket"));
    private static final EncryptionKey KEY = new EncryptionKey(bytes(32, 0x00), bytes(12, 0xa0));
    private static final S3SpillLocation LOCATION =
            new S3SpillLocation("spill-bucket", "athena-spill/" + QUERY_ID + "/9f0e", true);
    private static final Map<String, String> PASSTHROUGH =
            Map.of("schemaFunctionName", "SYSTEM.QUERY", "QUERY", "SELECT 'a' FROM \"Db\".\"T\"");

    private final BlockAllocator allocator = new BlockAllocatorImpl();
    private final ValueSets sets = new ValueSets(allocator);
    private final Expressions tree = new Expressions(allocator);
    private final Map<String, FederationRequest> requests = new LinkedHashMap<>();
    private final Map<String, Object> words = new LinkedHashMap<>();

    /** Lines of {@code {"name", "version", "request", "said"}}. */
    static void all(Path to) throws Exception {
        Writing writing = new Writing();
        writing.metadata();
        writing.reads();
        try (BufferedWriter out = Files.newBufferedWriter(to)) {
            for (int version = 2; version <= 6; version++) {
                ObjectMapper mapper = VersionedObjectMapperFactory.create(writing.allocator, version);
                for (Map.Entry<String, FederationRequest> request : writing.requests.entrySet()) {
                    // Capabilities came with version 4.
                    if (version >= 4 || !(request.getValue() instanceof GetDataSourceCapabilitiesRequest)) {
                        Map<String, Object> line = new LinkedHashMap<>();
                        line.put("name", request.getKey());
                        line.put("version", version);
                        line.put("request", mapper.writeValueAsString(request.getValue()));
                        line.put("said", writing.words.get(request.getKey()));
                        Lines.write(out, line);
                    }
                }
            }
        }
    }

    private void metadata() {
        add("PingRequest", new PingRequest(IDENTITY, CATALOG, QUERY_ID));
        add("ListSchemasRequest", new ListSchemasRequest(IDENTITY, QUERY_ID, CATALOG));
        add("GetDataSourceCapabilitiesRequest", new GetDataSourceCapabilitiesRequest(IDENTITY, QUERY_ID, CATALOG));
        tables("ListTablesRequest", "table4", 25);
        tables("ListTablesRequest.all", null, ListTablesRequest.UNLIMITED_PAGE_SIZE_VALUE);
        table("GetTableRequest", Map.of());
        table("GetTableRequest.passthrough", PASSTHROUGH);

        Schema schema = new Schema(sets.fields, Map.of("utf8_equal", "Größe in m²"));
        Set<String> partitionColumns = new LinkedHashSet<>(List.of("utf8_in", "int32_in"));
        Map<String, Object> layout = add("GetTableLayoutRequest",
                new GetTableLayoutRequest(
                        IDENTITY, QUERY_ID, CATALOG, TABLE, valueSets(null), schema, partitionColumns));
        layout.put("table", TABLE_WORDS);
        layout.put("schema", Cells.schema(schema));
        layout.put("partitionColumns", List.copyOf(partitionColumns));
        layout.put("constraints", valueSetWords(null));

        splits("GetSplitsRequest", nothing(), nothingWords(), null);
        splits("GetSplitsRequest.continued", valueSets(null), valueSetWords(null), "17");
    }

    private void tables(String file, String nextToken, int pageSize) {
        Map<String, Object> said =
                add(file, new ListTablesRequest(IDENTITY, QUERY_ID, CATALOG, "fleet-metrics", nextToken, pageSize));
        said.put("schemaName", "fleet-metrics");
        said.put("nextToken", nextToken);
        said.put("pageSize", pageSize);
    }

    private void table(String file, Map<String, String> passthrough) {
        Map<String, Object> said = add(file, new GetTableRequest(IDENTITY, QUERY_ID, CATALOG, TABLE, passthrough));
        said.put("table", TABLE_WORDS);
        said.put("passthrough", passthrough);
    }

    private void splits(String file, Constraints constraints, Map<String, Object> constraintWords, String token) {
        Block partitions = partitions();
        Map<String, Object> partitionWords = new LinkedHashMap<>();
        partitionWords.put("schema", Cells.schema(partitions.getSchema()));
        partitionWords.put("rows", List.of(
                Sample.ALL.stream().map(sample -> Sample.words(sample.low())).toList(),
                Collections.nCopies(Sample.ALL.size(), null),
                Sample.ALL.stream().map(sample -> Sample.words(sample.high())).toList()));
        Map<String, Object> said = add(file, new GetSplitsRequest(
                IDENTITY, QUERY_ID, CATALOG, TABLE, partitions, List.of("site"), constraints, token));
        said.put("table", TABLE_WORDS);
        said.put("partitions", partitionWords);
        said.put("partitionColumns", List.of("site"));
        said.put("constraints", constraintWords);
        said.put("continuationToken", token);
    }

    /** Three rows of every type, the middle one NULL; its schema's metadata is what a layout hands on. */
    private Block partitions() {
        List<Field> fields = Sample.ALL.stream().map(sample -> Field.nullable(sample.name(), sample.type())).toList();
        Block block = allocator.createBlock(new Schema(fields, Map.of("digest", "3f9c2ab41d07")));
        for (Sample sample : Sample.ALL) {
            BlockUtils.setValue(block.getFieldVector(sample.name()), 0, sample.low());
            BlockUtils.setValue(block.getFieldVector(sample.name()), 1, null);
            BlockUtils.setValue(block.getFieldVector(sample.name()), 2, sample.high());
        }
        block.setRowCount(3);
        return block;
    }

    private void reads() {
        Map<String, String> properties = Map.of("slice", "{\"from\":1,\"to\":2}", "é", "😀");
        Split encrypted = new Split(LOCATION, KEY, properties);
        Split open = new Split(LOCATION, null, Map.of());
        Schema columns = new Schema(sets.fields);
        QueryPlan plan = new QueryPlan("0.65.0", "YSBwbGFu");

        read("ReadRecordsRequest", columns, encrypted, valueSets(null), valueSetWords(null));
        read("ReadRecordsRequest.plan", columns, encrypted, valueSets(plan), valueSetWords(plan));
        read("ReadRecordsRequest.expressions", new Schema(tree.fields), encrypted,
                new Constraints(Map.of(), tree.expressions, order(), 1L << 40, Map.of(), null),
                constraintWords(Map.of(), tree.words, orderWords(), 1L << 40, Map.of(), null));
        read("ReadRecordsRequest.passthrough", columns, open,
                new Constraints(Map.of(), List.of(), List.of(), Constraints.DEFAULT_NO_LIMIT, PASSTHROUGH, null),
                constraintWords(Map.of(), List.of(), List.of(), -1, PASSTHROUGH, null));
        read("ReadRecordsRequest.count", new Schema(List.of()), open, nothing(), nothingWords());
    }

    private void read(
            String file, Schema schema, Split split, Constraints constraints, Map<String, Object> constraintWords) {
        Map<String, Object> said = add(file, new ReadRecordsRequest(
                IDENTITY, CATALOG, QUERY_ID, TABLE, schema, split, constraints, 16_000_000_000L, 5_242_880L));
        said.put("table", TABLE_WORDS);
        said.put("schema", Cells.schema(schema));
        said.put("split", Reading.split(split));
        said.put("constraints", constraintWords);
        said.put("maxBlockSize", 16_000_000_000L);
        said.put("maxInlineBlockSize", 5_242_880L);
    }

    private Map<String, Object> add(String file, FederationRequest request) {
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("identity", IDENTITY_WORDS);
        said.put("queryId", QUERY_ID);
        said.put("catalogName", CATALOG);
        requests.put(file, request);
        words.put(file, said);
        return said;
    }

    private static Constraints nothing() {
        return new Constraints(Map.of(), List.of(), List.of(), Constraints.DEFAULT_NO_LIMIT, Map.of(), null);
    }

    private static Map<String, Object> nothingWords() {
        return constraintWords(Map.of(), List.of(), List.of(), -1, Map.of(), null);
    }

    /** Every value set, and a limit of no row. */
    private Constraints valueSets(QueryPlan plan) {
        return new Constraints(sets.summary, List.of(), List.of(), 0, Map.of(), plan);
    }

    private Map<String, Object> valueSetWords(QueryPlan plan) {
        return constraintWords(sets.words, List.of(), List.of(), 0, Map.of(), plan);
    }

    private static List<OrderByField> order() {
        return Stream.of(OrderByField.Direction.values())
                .map(direction -> new OrderByField(Sample.ALL.get(direction.ordinal()).name(), direction))
                .toList();
    }

    private static List<Object> orderWords() {
        return List.of("bool ascending, nulls first", "int32 ascending, nulls last",
                "int64 descending, nulls first", "float64 descending, nulls last");
    }

    private static Map<String, Object> constraintWords(
            Map<String, Object> domains, List<Object> expressions, List<Object> order, long limit,
            Map<String, String> passthrough, QueryPlan plan) {
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("domains", domains);
        said.put("expressions", expressions);
        said.put("order", order);
        said.put("limit", limit);
        said.put("passthrough", passthrough);
        said.put("plan", plan == null ? null : plan.getSubstraitVersion() + " " + plan.getSubstraitPlan());
        return said;
    }

    private static byte[] bytes(int length, int first) {
        byte[] bytes = new byte[length];
        for (int at = 0; at < length; at++) {
            bytes[at] = (byte) (first + at);
        }
        return bytes;
    }
}
