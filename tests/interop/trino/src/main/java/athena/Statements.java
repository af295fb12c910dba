package athena;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trino.Session;
import io.trino.spi.TrinoException;
import io.trino.sql.parser.ParsingException;
import io.trino.testing.LocalQueryRunner;
import io.trino.testing.MaterializedResult;
import io.trino.testing.MaterializedRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** Runs statements, several at a time, and says what came of each and what was sent for it. */
final class Statements {
    private final LocalQueryRunner trino;
    private final Session session;
    private final ExecutorService threads;
    private final AtomicLong ids = new AtomicLong();

    Statements(LocalQueryRunner trino, Session session, ExecutorService threads) {
        this.trino = trino;
        this.session = session;
        this.threads = threads;
    }

    /** Answers statements, each with {@code sql} and the {@code seed} of what Athena is free to choose. */
    ArrayNode all(JsonNode statements) throws Exception {
        List<Callable<ObjectNode>> work = new ArrayList<>();
        statements.forEach(statement ->
                work.add(() -> one(statement.get("sql").asText(), statement.get("seed").asLong())));
        ArrayNode outcomes = JsonNodeFactory.instance.arrayNode();
        for (Future<ObjectNode> outcome : threads.invokeAll(work)) {
            outcomes.add(outcome.get());
        }
        return outcomes;
    }

    private ObjectNode one(String sql, long seed) {
        ObjectNode outcome = JsonNodeFactory.instance.objectNode();
        String id = "statement_" + ids.incrementAndGet();
        Run run = Run.start(id, seed);
        try {
            MaterializedResult result = execute(id, sql);
            ArrayNode types = outcome.putArray("types");
            result.getTypes().forEach(type -> types.add(type.getDisplayName()));
            ArrayNode rows = outcome.putArray("rows");
            for (MaterializedRow row : result.getMaterializedRows()) {
                rows.add(Cells.json(row.getFields()));
            }
        } catch (RuntimeException | StackOverflowError error) {
            outcome.set("failed", failure(error));
        } finally {
            Run.end(id);
        }
        ArrayNode sent = outcome.putArray("sent");
        run.sent().forEach(scan -> sent.add(json(scan)));
        return outcome;
    }

    private MaterializedResult execute(String id, String sql) {
        return trino.execute(Session.builder(session).setTraceToken(Optional.of(id)).build(), sql);
    }

    /** Runs a statement without a connector. */
    List<MaterializedRow> rows(String sql) {
        return execute("statement_" + ids.incrementAndGet(), sql).getMaterializedRows();
    }

    private static ObjectNode json(Sent sent) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("schema", sent.scan.name().getSchemaName()).put("table", sent.scan.name().getTableName());
        json.set("planned", sent.planned);
        json.set("read", sent.read);
        json.put("shown", sent.scan.shown());
        return json.put("blocks", sent.blocks()).put("spilled", sent.spilled());
    }

    /** Code and message of a failure: Trino's, or FUNCTION with what the function said. */
    static ObjectNode failure(Throwable error) {
        String code = error.getClass().getSimpleName();
        String message = String.valueOf(error.getMessage());
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof Function.Failure) {
                code = "FUNCTION";
                message = cause.getMessage();
                break;
            } else if (cause instanceof TrinoException failure) {
                code = failure.getErrorCode().getName();
                message = String.valueOf(failure.getMessage());
            } else if (cause instanceof ParsingException) {
                code = "SYNTAX_ERROR";
            }
        }
        return JsonNodeFactory.instance.objectNode().put("code", code).put("message", message);
    }
}
