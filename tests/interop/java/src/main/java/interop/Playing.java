package interop;

import com.amazonaws.athena.connector.lambda.data.Block;
import com.amazonaws.athena.connector.lambda.data.BlockAllocatorImpl;
import com.amazonaws.athena.connector.lambda.data.S3BlockSpillReader;
import com.amazonaws.athena.connector.lambda.domain.Split;
import com.amazonaws.athena.connector.lambda.domain.TableName;
import com.amazonaws.athena.connector.lambda.domain.predicate.Constraints;
import com.amazonaws.athena.connector.lambda.domain.predicate.Range;
import com.amazonaws.athena.connector.lambda.domain.predicate.SortedRangeSet;
import com.amazonaws.athena.connector.lambda.domain.predicate.ValueSet;
import com.amazonaws.athena.connector.lambda.domain.spill.S3SpillLocation;
import com.amazonaws.athena.connector.lambda.domain.spill.SpillLocation;
import com.amazonaws.athena.connector.lambda.metadata.GetDataSourceCapabilitiesRequest;
import com.amazonaws.athena.connector.lambda.metadata.GetDataSourceCapabilitiesResponse;
import com.amazonaws.athena.connector.lambda.metadata.GetSplitsRequest;
import com.amazonaws.athena.connector.lambda.metadata.GetSplitsResponse;
import com.amazonaws.athena.connector.lambda.metadata.GetTableLayoutRequest;
import com.amazonaws.athena.connector.lambda.metadata.GetTableLayoutResponse;
import com.amazonaws.athena.connector.lambda.metadata.GetTableRequest;
import com.amazonaws.athena.connector.lambda.metadata.GetTableResponse;
import com.amazonaws.athena.connector.lambda.metadata.ListSchemasRequest;
import com.amazonaws.athena.connector.lambda.metadata.ListSchemasResponse;
import com.amazonaws.athena.connector.lambda.metadata.ListTablesRequest;
import com.amazonaws.athena.connector.lambda.metadata.ListTablesResponse;
import com.amazonaws.athena.connector.lambda.records.ReadRecordsRequest;
import com.amazonaws.athena.connector.lambda.records.ReadRecordsResponse;
import com.amazonaws.athena.connector.lambda.records.RemoteReadRecordsResponse;
import com.amazonaws.athena.connector.lambda.request.FederationRequest;
import com.amazonaws.athena.connector.lambda.request.FederationResponse;
import com.amazonaws.athena.connector.lambda.request.PingRequest;
import com.amazonaws.athena.connector.lambda.request.PingResponse;
import com.amazonaws.athena.connector.lambda.security.EncryptionKey;
import com.amazonaws.athena.connector.lambda.security.FederatedIdentity;
import com.amazonaws.athena.connector.lambda.serde.VersionedObjectMapperFactory;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedWriter;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Plays Athena's planning and reading against a function: the rules of the SDK's connector validator, each answer read
 * by the SDK in the version that was agreed on, spilled blocks fetched and decrypted by its own reader.
 *
 * <p>Asked with {@code lambda} (where to invoke), {@code s3} (endpoint, accessKey, secretKey), {@code version} (the
 * newest one this Athena knows), {@code schema} and {@code table} or {@code statement} (for passthrough),
 * {@code columns} (absent: all), {@code equal} and {@code between} (values and half-open ranges by column), {@code sizes}
 * (of a block, and of one inline). Rows go to {@code to}, a line each.
 */
final class Playing implements AutoCloseable {
    private static final String CATALOG = "timestream";
    private static final FederatedIdentity IDENTITY = new FederatedIdentity(
            "arn:aws:iam::123456789012:user/ana", "123456789012", Map.of("team", "ops"), List.of("analysts"), Map.of());
    private static final ObjectMapper PLAIN = new ObjectMapper();

    private final JsonNode command;
    private final BlockAllocatorImpl allocator = new BlockAllocatorImpl();
    private final HttpClient http = HttpClient.newHttpClient();
    private final S3Client s3;
    private final String queryId = UUID.randomUUID().toString();
    private final Map<String, Object> outcome = new LinkedHashMap<>();
    private int version;

    private Playing(JsonNode command) {
        this.command = command;
        this.version = command.required("version").asInt();
        JsonNode place = command.required("s3");
        this.s3 = S3Client.builder()
                .endpointOverride(URI.create(place.required("endpoint").asText()))
                .forcePathStyle(true)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(
                        place.required("accessKey").asText(), place.required("secretKey").asText())))
                .build();
    }

    static Map<String, Object> all(JsonNode command, Path to) throws Exception {
        try (Playing playing = new Playing(command); BufferedWriter out = Files.newBufferedWriter(to)) {
            playing.ping();
            Map<String, String> passthrough = playing.passthrough();
            TableName table = passthrough.isEmpty() ? playing.find() : new TableName("system", "query");
            playing.read(table, passthrough, out);
            return playing.outcome;
        }
    }

    private void ping() throws Exception {
        PingResponse pong = (PingResponse) ask(new PingRequest(IDENTITY, CATALOG, queryId));
        require(pong.getCatalogName().equals(CATALOG) && pong.getQueryId().equals(queryId), "ping says what it was asked");
        version = Math.min(version, pong.getSerDeVersion());
        outcome.put("version", version);
        if (version >= 4) {
            GetDataSourceCapabilitiesResponse capabilities = (GetDataSourceCapabilitiesResponse)
                    ask(new GetDataSourceCapabilitiesRequest(IDENTITY, queryId, CATALOG));
            outcome.put("capabilities", capabilities.getCapabilities().keySet().stream().sorted().toList());
        }
    }

    private Map<String, String> passthrough() {
        JsonNode statement = command.path("statement");
        return statement.isMissingNode()
                ? Map.of() : Map.of("schemaFunctionName", "SYSTEM.QUERY", "QUERY", statement.asText());
    }

    /** Lists everything, a table a page. */
    private TableName find() throws Exception {
        ListSchemasResponse schemas = (ListSchemasResponse) ask(new ListSchemasRequest(IDENTITY, queryId, CATALOG));
        TableName wanted = new TableName(command.required("schema").asText(), command.required("table").asText());
        // Athena knows names by their lower case.
        List<String> names = schemas.getSchemas().stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
        require(names.contains(wanted.getSchemaName()), "schemas " + names);
        List<String> tables = new ArrayList<>();
        String token = null;
        do {
            ListTablesResponse page = (ListTablesResponse) ask(
                    new ListTablesRequest(IDENTITY, queryId, CATALOG, wanted.getSchemaName(), token, 1));
            require(page.getTables().size() <= 1, "a page holds no more than was asked for");
            page.getTables().forEach(table -> tables.add(table.getTableName().toLowerCase(Locale.ROOT)));
            token = page.getNextToken();
        } while (token != null);
        outcome.put("tables", tables);
        require(tables.contains(wanted.getTableName()), "tables " + tables);
        return wanted;
    }

    private void read(TableName name, Map<String, String> passthrough, BufferedWriter out) throws Exception {
        GetTableResponse table =
                (GetTableResponse) ask(new GetTableRequest(IDENTITY, queryId, CATALOG, name, passthrough));
        require(table.getTableName().equals(name), "the table's name is echoed");
        Schema schema = table.getSchema();
        for (Field field : schema.getFields()) {
            require(field.getName().equals(field.getName().toLowerCase(Locale.ROOT)), "lower case: " + field.getName());
        }
        require(schema.getFields().stream().anyMatch(field -> !table.getPartitionColumns().contains(field.getName())),
                "there is a column that divides nothing");

        Constraints constraints = new Constraints(
                summary(schema), List.of(), List.of(), Constraints.DEFAULT_NO_LIMIT, passthrough, null);
        Set<String> partitionColumns = table.getPartitionColumns();
        GetTableLayoutResponse layout = (GetTableLayoutResponse) ask(new GetTableLayoutRequest(
                IDENTITY, queryId, CATALOG, name, constraints, schema, partitionColumns));
        Block partitions = layout.getPartitions();
        outcome.put("partitions", partitions.getRowCount());

        List<Split> splits = new ArrayList<>();
        String token = null;
        do {
            GetSplitsResponse page = (GetSplitsResponse) ask(new GetSplitsRequest(IDENTITY, queryId, CATALOG, name,
                    partitions, List.copyOf(partitionColumns), constraints, token));
            splits.addAll(page.getSplits());
            token = page.getContinuationToken();
        } while (token != null);
        outcome.put("splits", splits.size());

        Schema asked = projected(schema);
        outcome.put("columns", asked.getFields().stream().map(Field::getName).toList());
        outcome.put("rows", 0);
        outcome.put("inline", 0);
        outcome.put("spilled", 0);
        outcome.put("encrypted", 0);
        for (Split split : splits) {
            read(name, asked, split, constraints, out);
        }
    }

    private void read(TableName name, Schema asked, Split split, Constraints constraints, BufferedWriter out)
            throws Exception {
        JsonNode sizes = command.required("sizes");
        FederationResponse answer = ask(new ReadRecordsRequest(IDENTITY, CATALOG, queryId, name, asked, split, constraints,
                sizes.get(0).asLong(), sizes.get(1).asLong()));
        if (answer instanceof ReadRecordsResponse inline) {
            count("inline", 1);
            rows(inline.getRecords(), asked, out);
            return;
        }
        RemoteReadRecordsResponse remote = (RemoteReadRecordsResponse) answer;
        require(remote.getSchema().getFields().equals(asked.getFields()), "spilled rows have the columns asked for");
        EncryptionKey key = remote.getEncryptionKey();
        S3SpillLocation place = (S3SpillLocation) split.getSpillLocation();
        int number = 0;
        for (SpillLocation location : remote.getRemoteBlocks()) {
            S3SpillLocation object = (S3SpillLocation) location;
            require(object.getKey().equals(place.getKey() + "." + number), "blocks are numbered: " + object.getKey());
            number++;
            count("spilled", 1);
            count("encrypted", key == null ? 0 : 1);
            rows(new S3BlockSpillReader(s3, allocator).read(object, key, remote.getSchema()), asked, out);
        }
    }

    private void rows(Block block, Schema asked, BufferedWriter out) throws IOException {
        require(block.getSchema().getFields().equals(asked.getFields()), "rows have the columns asked for");
        for (List<Object> row : Cells.rows(block)) {
            Lines.write(out, row);
        }
        count("rows", block.getRowCount());
    }

    private void count(String what, int more) {
        outcome.merge(what, more, (before, now) -> (int) before + (int) now);
    }

    /** The columns asked for; metadata stays, as Athena hands it on. */
    private Schema projected(Schema schema) {
        JsonNode columns = command.path("columns");
        if (columns.isMissingNode()) {
            return schema;
        }
        List<Field> fields = new ArrayList<>();
        columns.forEach(column -> fields.add(schema.findField(column.asText())));
        return new Schema(fields, schema.getCustomMetadata());
    }

    private Map<String, ValueSet> summary(Schema schema) {
        Map<String, ValueSet> summary = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> equal : command.path("equal").properties()) {
            ArrowType type = schema.findField(equal.getKey()).getType();
            summary.put(equal.getKey(), SortedRangeSet.of(Range.equal(allocator, type, equal.getValue().asText())));
        }
        for (Map.Entry<String, JsonNode> between : command.path("between").properties()) {
            ArrowType type = schema.findField(between.getKey()).getType();
            LocalDateTime from = time(between.getValue().get(0));
            LocalDateTime to = time(between.getValue().get(1));
            summary.put(between.getKey(), SortedRangeSet.of(Range.range(allocator, type, from, true, to, false)));
        }
        return summary;
    }

    private static LocalDateTime time(JsonNode millis) {
        return LocalDateTime.ofInstant(Instant.ofEpochMilli(millis.asLong()), ZoneOffset.UTC);
    }

    /** One synchronous invocation. */
    private FederationResponse ask(FederationRequest request) throws Exception {
        ObjectMapper mapper = VersionedObjectMapperFactory.create(allocator, version);
        URI place = URI.create(command.required("lambda").asText() + "/2015-03-31/functions/function/invocations");
        HttpRequest call = HttpRequest.newBuilder(place)
                .POST(HttpRequest.BodyPublishers.ofByteArray(mapper.writeValueAsBytes(request))).build();
        String answer = http.send(call, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8)).body();
        JsonNode tree = PLAIN.readTree(answer);
        // The emulator tells failures by nothing else.
        require(!tree.has("errorType"), request.getClass().getSimpleName() + " failed: " + answer);
        return mapper.readValue(answer, FederationResponse.class);
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException("this does not hold: " + what);
        }
    }

    @Override
    public void close() {
        s3.close();
        allocator.close();
    }
}
