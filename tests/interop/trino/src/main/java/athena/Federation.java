package athena;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trino.spi.Page;
import io.trino.spi.connector.ColumnHandle;
import io.trino.spi.connector.SchemaTableName;
import io.trino.spi.predicate.Domain;
import io.trino.spi.predicate.TupleDomain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/** Athena's calls of a connector, in the federation protocol's JSON. */
final class Federation {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int TAG_BITS = 128;

    private final Function function;
    private final Bucket bucket;
    private final ValueSets sets;

    Federation(Function function, Bucket bucket, ValueSets sets) {
        this.function = function;
        this.bucket = bucket;
        this.sets = sets;
    }

    JsonNode capabilities() {
        return ask(request("GetDataSourceCapabilitiesRequest", "capabilities")).get("capabilities");
    }

    /** GetTable; with arguments, of a passthrough statement. */
    Scan describe(SchemaTableName name, Map<String, String> arguments, String queryId) {
        ObjectNode request = request("GetTableRequest", queryId);
        putName(request, name);
        ObjectNode passthrough = request.putObject("queryPassthroughArguments");
        arguments.forEach(passthrough::put);
        JsonNode answer = ask(request);
        return new Scan(name, WireBlocks.schema(answer.get("schema").asText()), answer.get("partitionColumns"), arguments,
                TupleDomain.all(), List.of(), List.of(), -1);
    }

    /** GetTableLayout and GetSplits; nothing if there is no partition. */
    List<Sent.Part> plan(Scan scan, String queryId) {
        ObjectNode constraints = constraints(scan, scan.domain());
        ObjectNode layout = request("GetTableLayoutRequest", queryId);
        putName(layout, scan.name());
        layout.set("constraints", constraints);
        layout.put("schema", WireBlocks.schema(scan.schema()));
        layout.set("partitionColumns", scan.partitionColumns());
        JsonNode partitions = ask(layout).get("partitions");
        if (partitions.get("records").asText().isEmpty()) {
            return List.of();
        }
        ObjectNode request = request("GetSplitsRequest", queryId);
        putName(request, scan.name());
        request.set("partitions", partitions);
        request.set("partitionColumns", scan.partitionColumns());
        request.set("constraints", constraints);
        request.putNull("continuationToken");
        Sent sent = new Sent(scan, constraints);
        List<Sent.Part> parts = new ArrayList<>();
        JsonNode answer;
        do {
            answer = ask(request);
            answer.get("splits").forEach(split -> parts.add(new Sent.Part(sent, split)));
            request.set("continuationToken", answer.get("continuationToken"));
        } while (!answer.get("continuationToken").isNull());
        return parts;
    }

    /** ReadRecords, under constraints as narrow as is known by now. */
    List<Page> read(Sent.Part part, TupleDomain<ColumnHandle> domain, List<Column> columns, String queryId, Run run) {
        Sent sent = part.sent();
        Scan scan = sent.scan;
        List<Field> fields = new ArrayList<>();
        columns.forEach(column -> fields.add(scan.schema().findField(column.name())));
        if (fields.isEmpty() && !run.readsNoColumn()) {
            fields.add(scan.schema().getFields().get(0));
        }
        sent.read = constraints(scan, domain);
        ObjectNode request = request("ReadRecordsRequest", queryId);
        putName(request, scan.name());
        request.put("schema", WireBlocks.schema(new Schema(fields, scan.schema().getCustomMetadata())));
        request.set("split", part.split());
        request.set("constraints", sent.read);
        request.put("maxBlockSize", Long.toString(run.sizes().block()));
        request.put("maxInlineBlockSize", Long.toString(run.sizes().inline()));
        JsonNode answer = ask(request);
        List<Page> pages = new ArrayList<>();
        if (answer.get("@type").asText().equals("ReadRecordsResponse")) {
            JsonNode block = answer.get("records");
            byte[] rows = Base64.getDecoder().decode(block.get("records").asText());
            Pages.page(rows, WireBlocks.schema(block.get("schema").asText()), columns).ifPresent(pages::add);
            sent.came(1, false);
        } else {
            Schema schema = WireBlocks.schema(answer.get("schema").asText());
            for (JsonNode place : answer.get("remoteBlocks")) {
                Pages.page(spilled(place, answer.get("encryptionKey")), schema, columns).ifPresent(pages::add);
                sent.came(1, true);
            }
        }
        return pages;
    }

    private byte[] spilled(JsonNode place, JsonNode key) {
        try {
            byte[] object = bucket.get(place.get("bucket").asText(), place.get("key").asText());
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key.get("key").binaryValue(), "AES"),
                    new GCMParameterSpec(TAG_BITS, key.get("nonce").binaryValue()));
            return cipher.doFinal(object);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        } catch (GeneralSecurityException error) {
            throw new IllegalStateException("cannot decrypt a spilled block", error);
        } catch (InterruptedException error) {
            throw new IllegalStateException("interrupted", error);
        }
    }

    private ObjectNode constraints(Scan scan, TupleDomain<ColumnHandle> domain) {
        ObjectNode constraints = JSON.createObjectNode();
        ObjectNode summary = constraints.putObject("summary");
        Map<ColumnHandle, Domain> domains = domain.getDomains().orElseThrow();
        domains.forEach((column, values) -> summary.set(((Column) column).name(), sets.json(values)));
        ArrayNode expressions = constraints.putArray("expression");
        scan.expressions().forEach(expression -> expressions.add(expression.json()));
        ArrayNode order = constraints.putArray("orderByClause");
        scan.order().forEach(key ->
                order.addObject().put("columnName", key.column()).put("direction", key.direction()));
        constraints.put("limit", scan.limit());
        ObjectNode passthrough = constraints.putObject("queryPassthroughArguments");
        scan.arguments().forEach(passthrough::put);
        return constraints;
    }

    private static ObjectNode request(String type, String queryId) {
        ObjectNode request = JSON.createObjectNode().put("@type", type);
        ObjectNode identity = request.putObject("identity").put("id", "UNKNOWN").put("principal", "UNKNOWN")
                .put("account", "123456789012").put("arn", "arn:aws:iam::123456789012:user/ana");
        identity.putObject("tags");
        identity.putArray("groups");
        identity.putObject("configOptions");
        return request.put("queryId", queryId).put("catalogName", "timestream");
    }

    private static void putName(ObjectNode request, SchemaTableName name) {
        request.putObject("tableName").put("schemaName", name.getSchemaName()).put("tableName", name.getTableName());
    }

    private JsonNode ask(ObjectNode request) {
        try {
            return JSON.readTree(function.invoke(JSON.writeValueAsBytes(request)));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        } catch (TimeoutException error) {
            throw new IllegalStateException("the function does not answer", error);
        } catch (InterruptedException error) {
            throw new IllegalStateException("interrupted", error);
        }
    }
}
