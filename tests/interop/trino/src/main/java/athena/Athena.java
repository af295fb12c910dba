package athena;

import static io.trino.testing.TestingSession.testSessionBuilder;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trino.Session;
import io.trino.spi.type.TimeZoneKey;
import io.trino.testing.LocalQueryRunner;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A Trino that plays Athena: catalogs over the connector under test, and one over the rows that must come.
 *
 * <p>A command is a JSON line on standard input, its outcome a JSON line on standard output, {@code {"done": ..}} or
 * {@code {"failed": text}}. The process ends with its input, and the functions that it started with it.
 */
final class Athena {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Session session = testSessionBuilder()
            .setCatalog("rows")
            // Its default is another zone; Athena's is this one.
            .setTimeZoneKey(TimeZoneKey.UTC_KEY)
            // With more, a top-N with OFFSET over several blocks comes in changing order.
            .setSystemProperty("task_concurrency", "1")
            .build();
    private final LocalQueryRunner trino = LocalQueryRunner.create(session);
    private final ExecutorService threads = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    private final Statements statements = new Statements(trino, session, threads);

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        // What a library prints is no outcome.
        System.setOut(System.err);
        Athena athena = new Athena();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(JSON.writeValueAsString(athena.outcome(line)));
        }
        // Trino's threads would go on.
        System.exit(0);
    }

    private ObjectNode outcome(String line) {
        ObjectNode outcome = JsonNodeFactory.instance.objectNode();
        try {
            return outcome.set("done", run(JSON.readTree(line)));
        } catch (Exception | LinkageError error) {
            StringWriter text = new StringWriter();
            error.printStackTrace(new PrintWriter(text));
            return outcome.put("failed", text.toString());
        }
    }

    private JsonNode run(JsonNode command) throws Exception {
        return switch (command.path("do").asText()) {
            case "start" -> start(command);
            case "run" -> statements.all(command.get("statements"));
            case "evaluate" -> new Evaluation(statements, threads)
                    .all(command.get("from").asText(), command.get("expressions"));
            default -> throw new IllegalArgumentException("there is no command " + command.path("do"));
        };
    }

    /**
     * Makes the catalogs: {@code rows} of a file, and for each of {@code functions} (with its {@code environment} and
     * number of {@code workers}) two over {@code bootstrap}, {@code <function>_values} to which domains alone are pushed,
     * and {@code <function>_everything} to which everything that the connector announces is. {@code lowInclusive} plants
     * a fault in their {@link ValueSets}.
     */
    private JsonNode start(JsonNode command) throws Exception {
        trino.createCatalog("rows", RowsConnector.factory(new File(command.get("rows").asText())), Map.of());
        JsonNode functions = command.path("functions");
        for (String name : (Iterable<String>) functions::fieldNames) {
            JsonNode described = functions.get(name);
            Map<String, String> environment = JSON.convertValue(described.get("environment"),
                    new TypeReference<HashMap<String, String>>() { });
            Function function = new Function(new File(command.get("bootstrap").asText()),
                    described.get("workers").asInt(), environment, new File(command.get("log").asText()));
            Bucket bucket = new Bucket(environment.get("AWS_ENDPOINT_URL_S3"), environment.get("AWS_ACCESS_KEY_ID"),
                    environment.get("AWS_SECRET_ACCESS_KEY"));
            ValueSets sets = new ValueSets(described.get("lowInclusive").asBoolean());
            Federation federation = new Federation(function, bucket, sets);
            for (boolean everything : new boolean[] {false, true}) {
                String catalog = name + (everything ? "_everything" : "_values");
                trino.createCatalog(catalog, FederatedConnector.factory(catalog, federation, everything), Map.of());
            }
        }
        return JsonNodeFactory.instance.booleanNode(true);
    }
}
