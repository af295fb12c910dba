package athena;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trino.spi.connector.ColumnHandle;
import io.trino.spi.expression.Call;
import io.trino.spi.expression.ConnectorExpression;
import io.trino.spi.expression.Constant;
import io.trino.spi.expression.Variable;
import io.trino.spi.type.ArrayType;
import io.trino.spi.type.Type;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.arrow.vector.types.pojo.ArrowType;

/**
 * Trino's connector expressions as the wire's.
 *
 * @param functions names that the connector announced
 */
record Expressions(Set<String> functions) {
    /** The expression; nothing if any part of it is not for the wire. */
    Optional<ObjectNode> json(ConnectorExpression expression, Map<String, ColumnHandle> columns) {
        if (expression instanceof Variable variable) {
            Column column = (Column) columns.get(variable.getName());
            return typed("VariableExpression", column.type()).map(json -> json.put("columnName", column.name()));
        }
        if (expression instanceof Constant constant) {
            Type type = constant.getType();
            Optional<ObjectNode> json = typed("ConstantExpression", type);
            json.ifPresent(node -> node.set("valueBlock",
                    WireBlocks.block(type, Collections.singletonList(constant.getValue()))));
            return json;
        }
        if (expression instanceof Call call) {
            return call(call, columns);
        }
        return Optional.empty();
    }

    private Optional<ObjectNode> call(Call call, Map<String, ColumnHandle> columns) {
        // The federation SDK kept the name that LIKE had in release 394.
        String name = call.getFunctionName().getName().replaceFirst("^\\$like$", "\\$like_pattern");
        if (!functions.contains(name)) {
            return Optional.empty();
        }
        Optional<ObjectNode> json = typed("FunctionCallExpression", call.getType());
        if (json.isEmpty()) {
            return json;
        }
        json.get().putObject("functionName").put("functionName", name);
        ArrayNode arguments = json.get().putArray("arguments");
        for (ConnectorExpression argument : call.getArguments()) {
            Optional<ObjectNode> written = json(argument, columns);
            if (written.isEmpty()) {
                return written;
            }
            arguments.add(written.get());
        }
        return json;
    }

    private static Optional<ObjectNode> typed(String kind, Type type) {
        ArrowType arrow = type instanceof ArrayType && kind.equals("FunctionCallExpression")
                ? ArrowType.List.INSTANCE : WireTypes.arrow(type);
        if (arrow == null) {
            return Optional.empty();
        }
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("@type", kind);
        json.set("type", WireTypes.json(arrow));
        return Optional.of(json);
    }
}
