package athena;

import com.fasterxml.jackson.databind.JsonNode;
import io.trino.spi.connector.ColumnHandle;
import io.trino.spi.connector.ConnectorTableHandle;
import io.trino.spi.connector.SchemaTableName;
import io.trino.spi.predicate.TupleDomain;
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
    /** A pushed expression as the wire has it. */
    record Expression(JsonNode json) {
    }

    /** A sort key as the wire has it. */
    record Order(String column, String direction) {
    }

    Scan filtered(TupleDomain<ColumnHandle> domain, List<Expression> expressions) {
        return new Scan(name, schema, partitionColumns, arguments, domain, expressions, order, limit);
    }

    Scan limited(List<Order> order, long limit) {
        return new Scan(name, schema, partitionColumns, arguments, domain, expressions, order, limit);
    }
}
