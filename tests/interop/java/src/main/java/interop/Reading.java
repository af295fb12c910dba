package interop;

import com.amazonaws.athena.connector.lambda.data.BlockAllocator;
import com.amazonaws.athena.connector.lambda.data.BlockAllocatorImpl;
import com.amazonaws.athena.connector.lambda.domain.Split;
import com.amazonaws.athena.connector.lambda.domain.TableName;
import com.amazonaws.athena.connector.lambda.domain.spill.S3SpillLocation;
import com.amazonaws.athena.connector.lambda.domain.spill.SpillLocation;
import com.amazonaws.athena.connector.lambda.metadata.GetDataSourceCapabilitiesResponse;
import com.amazonaws.athena.connector.lambda.metadata.GetSplitsResponse;
import com.amazonaws.athena.connector.lambda.metadata.GetTableLayoutResponse;
import com.amazonaws.athena.connector.lambda.metadata.GetTableResponse;
import com.amazonaws.athena.connector.lambda.metadata.ListSchemasResponse;
import com.amazonaws.athena.connector.lambda.metadata.ListTablesResponse;
import com.amazonaws.athena.connector.lambda.records.ReadRecordsResponse;
import com.amazonaws.athena.connector.lambda.records.RemoteReadRecordsResponse;
import com.amazonaws.athena.connector.lambda.request.FederationResponse;
import com.amazonaws.athena.connector.lambda.request.PingResponse;
import com.amazonaws.athena.connector.lambda.security.AesGcmBlockCrypto;
import com.amazonaws.athena.connector.lambda.security.BlockCrypto;
import com.amazonaws.athena.connector.lambda.security.EncryptionKey;
import com.amazonaws.athena.connector.lambda.security.NoOpBlockCrypto;
import com.amazonaws.athena.connector.lambda.serde.VersionedObjectMapperFactory;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads answers, and says of each what the SDK understood.
 *
 * <p>A line is {@code {"version", "answer", "objects"}}: the wire version to read it with, its JSON, and the spilled
 * objects that it names, by key, in base64.
 */
final class Reading {
    private final BlockAllocator allocator;
    private final JsonNode objects;

    private Reading(BlockAllocator allocator, JsonNode objects) {
        this.allocator = allocator;
        this.objects = objects;
    }

    static void all(Path from, Path to) throws Exception {
        Lines.answer(from, to, line -> {
            try (BlockAllocatorImpl allocator = new BlockAllocatorImpl()) {
                ObjectMapper mapper = VersionedObjectMapperFactory.create(allocator, line.get("version").asInt());
                FederationResponse answer =
                        mapper.readValue(line.get("answer").asText(), FederationResponse.class);
                return new Reading(allocator, line.path("objects")).words(answer);
            }
        });
    }

    private Map<String, Object> words(FederationResponse response) throws IOException {
        Map<String, Object> words = new LinkedHashMap<>();
        if (response instanceof PingResponse ping) {
            words.put("catalogName", ping.getCatalogName());
            words.put("queryId", ping.getQueryId());
            words.put("sourceType", ping.getSourceType());
            words.put("capabilities", ping.getCapabilities());
            words.put("serDeVersion", ping.getSerDeVersion());
        } else if (response instanceof ListSchemasResponse list) {
            words.put("catalogName", list.getCatalogName());
            words.put("schemas", list.getSchemas());
        } else if (response instanceof ListTablesResponse list) {
            words.put("catalogName", list.getCatalogName());
            words.put("tables", list.getTables().stream().map(Reading::name).toList());
            words.put("nextToken", list.getNextToken());
        } else if (response instanceof GetTableResponse table) {
            words.put("catalogName", table.getCatalogName());
            words.put("table", name(table.getTableName()));
            words.put("schema", Cells.schema(table.getSchema()));
            words.put("partitionColumns", table.getPartitionColumns().stream().sorted().toList());
        } else if (response instanceof GetTableLayoutResponse layout) {
            words.put("catalogName", layout.getCatalogName());
            words.put("table", name(layout.getTableName()));
            words.put("partitions", Cells.block(layout.getPartitions()));
        } else if (response instanceof GetSplitsResponse splits) {
            words.put("catalogName", splits.getCatalogName());
            Comparator<Split> byKey = Comparator.comparing(split -> split.getSpillLocation().toString());
            words.put("splits", splits.getSplits().stream().sorted(byKey).map(Reading::split).toList());
            words.put("continuationToken", splits.getContinuationToken());
        } else if (response instanceof GetDataSourceCapabilitiesResponse answer) {
            words.put("catalogName", answer.getCatalogName());
            Map<String, Object> capabilities = new LinkedHashMap<>();
            answer.getCapabilities().forEach((name, types) -> {
                Map<String, Object> subTypes = new LinkedHashMap<>();
                types.forEach(type -> subTypes.put(type.getSubType(), type.getProperties()));
                capabilities.put(name, subTypes);
            });
            words.put("capabilities", capabilities);
        } else if (response instanceof ReadRecordsResponse read) {
            words.put("catalogName", read.getCatalogName());
            words.put("records", Cells.block(read.getRecords()));
        } else if (response instanceof RemoteReadRecordsResponse remote) {
            words.put("catalogName", remote.getCatalogName());
            words.put("schema", Cells.schema(remote.getSchema()));
            words.put("encrypted", remote.getEncryptionKey() != null);
            words.put("blocks", blocks(remote));
        } else {
            throw new IllegalArgumentException("no words for " + response.getClass());
        }
        return words;
    }

    /** The spilled objects are in the line. */
    private List<Object> blocks(RemoteReadRecordsResponse remote) throws IOException {
        EncryptionKey key = remote.getEncryptionKey();
        BlockCrypto crypto = key == null ? new NoOpBlockCrypto(allocator) : new AesGcmBlockCrypto(allocator);
        List<Object> blocks = new ArrayList<>();
        for (SpillLocation location : remote.getRemoteBlocks()) {
            String object = ((S3SpillLocation) location).getKey();
            byte[] bytes = objects.required(object).binaryValue();
            Map<String, Object> words = place(location);
            words.put("rows", Cells.rows(crypto.decrypt(key, bytes, remote.getSchema())));
            blocks.add(words);
        }
        return blocks;
    }

    private static Map<String, Object> place(SpillLocation location) {
        S3SpillLocation place = (S3SpillLocation) location;
        Map<String, Object> words = new LinkedHashMap<>();
        words.put("bucket", place.getBucket());
        words.put("key", place.getKey());
        words.put("directory", place.isDirectory());
        return words;
    }

    /** A split in words; its key and nonce in base64. */
    static Map<String, Object> split(Split split) {
        Map<String, Object> words = place(split.getSpillLocation());
        EncryptionKey key = split.getEncryptionKey();
        words.put("encryptionKey", key == null ? null : Base64.getEncoder().encodeToString(key.getKey()));
        words.put("nonce", key == null ? null : Base64.getEncoder().encodeToString(key.getNonce()));
        words.put("properties", split.getProperties());
        return words;
    }

    private static String name(TableName table) {
        return table.getSchemaName() + "." + table.getTableName();
    }
}
