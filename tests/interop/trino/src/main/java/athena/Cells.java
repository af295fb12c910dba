package athena;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;

/** Values of answers as JSON: integers are numbers, doubles texts that tell every value apart, instants texts. */
final class Cells {
    private Cells() {
    }

    static JsonNode json(Object value) {
        if (value == null) {
            return NullNode.instance;
        } else if (value instanceof Boolean truth) {
            return BooleanNode.valueOf(truth);
        } else if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return LongNode.valueOf(((Number) value).longValue());
        } else if (value instanceof List<?> values) {
            ArrayNode array = JsonNodeFactory.instance.arrayNode(values.size());
            values.forEach(element -> array.add(json(element)));
            return array;
        }
        // Double.toString tells NaN, the zeros and the infinities apart, and gives the shortest text of every other.
        return TextNode.valueOf(value.toString());
    }
}
