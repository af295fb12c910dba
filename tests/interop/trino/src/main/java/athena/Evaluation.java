package athena;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trino.testing.MaterializedRow;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/** What expressions are on each row of a table: many to a statement, each row's failure caught on its own. */
final class Evaluation {
    /** Expressions of one statement: more make its compiled methods too large. */
    private static final int TOGETHER = 100;

    private final Statements statements;
    private final ExecutorService threads;

    Evaluation(Statements statements, ExecutorService threads) {
        this.statements = statements;
        this.threads = threads;
    }

    /**
     * Evaluates SQL expressions on the rows of {@code from}, whose column {@code id} counts from 0. For each comes
     * {@code values}, in which an array holds the value and null stands for a failure, or what failed altogether.
     */
    ArrayNode all(String from, JsonNode expressions) throws Exception {
        List<Callable<List<ObjectNode>>> work = new ArrayList<>();
        List<String> together = new ArrayList<>();
        for (JsonNode expression : expressions) {
            together.add(expression.asText());
            if (together.size() == TOGETHER) {
                List<String> some = List.copyOf(together);
                work.add(() -> some(from, some));
                together.clear();
            }
        }
        work.add(() -> some(from, together));
        ArrayNode outcomes = JsonNodeFactory.instance.arrayNode();
        for (Future<List<ObjectNode>> some : threads.invokeAll(work)) {
            some.get().forEach(outcomes::add);
        }
        return outcomes;
    }

    private List<ObjectNode> some(String from, List<String> expressions) {
        if (expressions.isEmpty()) {
            return List.of();
        }
        List<String> columns = new ArrayList<>();
        // TRY makes NULL of a failure, and the row around the value tells that from a value that is NULL.
        expressions.forEach(expression -> columns.add("try(ROW(" + expression + "))"));
        String sql = "SELECT id, " + String.join(", ", columns) + " FROM " + from + " ORDER BY id";
        List<MaterializedRow> rows;
        try {
            rows = statements.rows(sql);
        } catch (RuntimeException | StackOverflowError error) {
            if (expressions.size() == 1) {
                ObjectNode outcome = JsonNodeFactory.instance.objectNode();
                outcome.set("failed", Statements.failure(error));
                return List.of(outcome);
            }
            int half = expressions.size() / 2;
            List<ObjectNode> outcomes = new ArrayList<>(some(from, expressions.subList(0, half)));
            outcomes.addAll(some(from, expressions.subList(half, expressions.size())));
            return outcomes;
        }
        List<ObjectNode> outcomes = new ArrayList<>();
        for (int expression = 0; expression < expressions.size(); expression++) {
            ObjectNode outcome = JsonNodeFactory.instance.objectNode();
            ArrayNode values = outcome.putArray("values");
            for (MaterializedRow row : rows) {
                values.add(Cells.json(row.getField(expression + 1)));
            }
            outcomes.add(outcome);
        }
        return outcomes;
    }
}
