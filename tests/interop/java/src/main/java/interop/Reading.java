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
import com.amazonaws.athena.connector.lambda.request.FederationRequest;
import com.amazonaws.athena.connector.lambda.request.FederationResponse;
import com.amazonaws.athena.connector.lambda.request.PingResponse;
import com.amazonaws.athena.connector.lambda.security.AesGcmBlockCrypto;
import com.amazonaws.athena.connector.lambda.security.BlockCrypto;
import com.amazonaws.athena.connector.lambda.security.EncryptionKey;
import com.amazonaws.athena.connector.lambda.security.NoOpBlockCrypto;
import com.amazonaws.athena.connector.lambda.serde.VersionedObjectMapperFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Reads messages with the SDK and prints, one JSON line a file, what the SDK understood.
 *
 * <p>An answer's line holds its decoded values; a request's line holds the request as the SDK writes it again. Files
 * below {@code v5} and {@code v6} are read in that wire version; others in both, which must understand the same.
 */
final class Reading {
    private static final ObjectMapper PLAIN = new ObjectMapper();

    private final BlockAllocator allocator = new BlockAllocatorImpl();
    private final ObjectMapper mapper;
    private final Path root;

    private Reading(int version, Path root) {
        this.mapper = VersionedObjectMapperFactory.create(allocator, version);
        this.root = root;
    }

    static void all(Path root, PrintStream out) throws Exception {
        for (Path file : messages(root)) {
            String five = new Reading(5, root).line(file);
            String six = new Reading(6, root).line(file);
            if (!five.equals(six)) {
                throw new IllegalStateException(file + " in version 5: " + five + ", in version 6: " + six);
            }
            out.println(five);
        }
        for (int version : Writing.VERSIONS) {
            Path folder = root.resolve("v" + version);
            if (Files.isDirectory(folder)) {
                for (Path file : messages(folder)) {
                    out.println(new Reading(version, root).line(file));
                }
            }
        }
    }

    private static List<Path> messages(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        }
    }

    private String line(Path file) throws Exception {
        byte[] json = Files.readAllBytes(file);
        String type = PLAIN.readTree(json).path("@type").asText();
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("file", root.relativize(file).toString());
        try {
            if (type.endsWith("Request")) {
                FederationRequest request = mapper.readValue(json, FederationRequest.class);
                line.put("rewritten", PLAIN.readTree(mapper.writeValueAsString(request)));
            } else {
                FederationResponse response = mapper.readValue(json, FederationResponse.class);
                line.put("says", words(response, file.getParent()));
            }
        } catch (Exception error) {
            throw new IllegalStateException("the SDK cannot read " + file, error);
        }
        return PLAIN.writeValueAsString(line);
    }

    private Map<String, Object> words(FederationResponse response, Path beside) throws IOException {
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
            words.put("blocks", blocks(remote, beside));
        } else {
            throw new IllegalArgumentException("no words for " + response.getClass());
        }
        return words;
    }

    /** The spilled objects lie beside the answer, named by the last part of their keys. */
    private List<Object> blocks(RemoteReadRecordsResponse remote, Path beside) throws IOException {
        EncryptionKey key = remote.getEncryptionKey();
        BlockCrypto crypto = key == null ? new NoOpBlockCrypto(allocator) : new AesGcmBlockCrypto(allocator);
        List<Object> blocks = new ArrayList<>();
        for (SpillLocation location : remote.getRemoteBlocks()) {
            String object = ((S3SpillLocation) location).getKey();
            byte[] bytes = Files.readAllBytes(beside.resolve(object.substring(object.lastIndexOf('/') + 1)));
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
