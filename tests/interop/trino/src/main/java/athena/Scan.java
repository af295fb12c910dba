package athena;

import com.fasterxml.jackson.databind.JsonNode;
import io.trino.spi.connector.ColumnHandle;
import io.trino.spi.connector.ConnectorTableHandle;
import io.trino.spi.connector.SchemaTableName;
import io.trino.spi.predicate.TupleDomain;
import io.trino.testing.TestingConnectorSession;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * A table as GetTable described it, and what has been pushed into its scan.
 *
 * @param arguments of a passthrough statement; empty for a table
 * @param limit negative: none
 */
record Scan(SchemaTableName name, Schema schema, JsonNode partitionColumns, Map<String, String> arguments,
        TupleDomain<ColumnHandle> domain, List<Expression> expressions, List<Order> order, long limit)
        implements ConnectorTableHandle {
    /** How many ranges of a domain are shown; arbitrary. */
    private static final int SHOWN_RANGES = 20;

    /** A pushed expression as the wire has it, and as Trino shows it. */
    record Expression(JsonNode json, String shown) {
    }

    /** A sort key as the wire has it. */
    record Order(String column, String direction) {
    }

    /** What is pushed, for a person. */
    String shown() {
        StringBuilder text = new StringBuilder();
        domain.getDomains().ifPresent(domains -> domains.forEach((column, values) -> text
                .append(((Column) column).name()).append(" in ")
                .append(values.getValues().toString(TestingConnectorSession.SESSION, SHOWN_RANGES))
                .append(values.isNullAllowed() ? " or NULL\n" : "\n")));
        expressions.forEach(expression -> text.append(expression.shown).append('\n'));
        order.forEach(key -> text.append("order by ").append(key.column).append(' ').append(key.direction).append('\n'));
        return limit < 0 ? text.toString() : text.append("limit ").append(limit).append('\n').toString();
    }

    Scan filtered(TupleDomain<ColumnHandle> domain, List<Expression> expressions) {
        return new Scan(name, schema, partitionColumns, arguments, domain, expressions, order, limit);
    }

    Scan limited(List<Order> order, long limit) {
        return new Scan(name, schema, partitionColumns, arguments, domain, expressions, order, limit);
    }
}
