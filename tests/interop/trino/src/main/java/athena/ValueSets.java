package athena;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trino.spi.predicate.Domain;
import io.trino.spi.predicate.Range;
import io.trino.spi.type.Type;
import java.util.List;

/**
 * Domains as the wire's value sets.
 *
 * @param lowInclusive a planted fault: low bounds are sent as if they were inclusive
 */
record ValueSets(boolean lowInclusive) {
    ObjectNode json(Domain domain) {
        Type type = domain.getType();
        ObjectNode set = JsonNodeFactory.instance.objectNode().put("@type", "SortedRangeSet");
        set.set("type", WireTypes.json(WireTypes.arrow(type)));
        ArrayNode ranges = set.putArray("ranges");
        for (Range range : domain.getValues().getRanges().getOrderedRanges()) {
            ObjectNode ends = ranges.addObject();
            ends.set("low", range.isLowUnbounded() ? marker(type, List.of(), "ABOVE")
                    : marker(type, List.of(range.getLowBoundedValue()),
                            range.isLowInclusive() || lowInclusive ? "EXACTLY" : "ABOVE"));
            ends.set("high", range.isHighUnbounded() ? marker(type, List.of(), "BELOW")
                    : marker(type, List.of(range.getHighBoundedValue()),
                            range.isHighInclusive() ? "EXACTLY" : "BELOW"));
        }
        return set.put("nullAllowed", domain.isNullAllowed());
    }

    private static ObjectNode marker(Type type, List<Object> value, String bound) {
        ObjectNode marker = JsonNodeFactory.instance.objectNode();
        marker.set("valueBlock", WireBlocks.block(type, value));
        return marker.put("bound", bound).put("nullValue", value.isEmpty());
    }
}
