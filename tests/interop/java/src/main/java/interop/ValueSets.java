package interop;

import com.amazonaws.athena.connector.lambda.data.BlockAllocator;
import com.amazonaws.athena.connector.lambda.domain.predicate.AllOrNoneValueSet;
import com.amazonaws.athena.connector.lambda.domain.predicate.EquatableValueSet;
import com.amazonaws.athena.connector.lambda.domain.predicate.Range;
import com.amazonaws.athena.connector.lambda.domain.predicate.SortedRangeSet;
import com.amazonaws.athena.connector.lambda.domain.predicate.ValueSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;

/**
 * Every kind of value set over every type, one column each, beside what SQL means by it.
 *
 * <p>In words a set is {@code "all"}, {@code "none"}, {@code {"anyOf": [..]}}, {@code {"noneOf": [..]}} or
 * {@code {"ranges": [[low, high], ..]}}, an end {@code null}, {@code {"inclusive": ..}} or {@code {"exclusive": ..}}.
 */
final class ValueSets {
    final List<Field> fields = new ArrayList<>();
    final Map<String, ValueSet> summary = new LinkedHashMap<>();
    final Map<String, Object> words = new LinkedHashMap<>();

    private final BlockAllocator allocator;

    ValueSets(BlockAllocator allocator) {
        this.allocator = allocator;
        for (Sample sample : Sample.ALL) {
            ranges(sample);
            listed(sample);
            allOrNone(sample);
        }
        doubles();
    }

    private void ranges(Sample sample) {
        ArrowType type = sample.type();
        Object low = sample.low();
        Object high = sample.high();
        Range below = Range.lessThan(allocator, type, high);
        Range above = Range.greaterThan(allocator, type, low);

        sorted(sample, "equal", false, anyOf(low), Range.equal(allocator, type, low));
        sorted(sample, "equal_or_null", true, anyOf(low), Range.equal(allocator, type, low));
        sorted(sample, "in", false, anyOf(low, high),
                Range.equal(allocator, type, low), Range.equal(allocator, type, high));
        sorted(sample, "not_equal", false, noneOf(high), below, Range.greaterThan(allocator, type, high));
        sorted(sample, "not_equal_or_null", true, noneOf(high), below, Range.greaterThan(allocator, type, high));
        sorted(sample, "above", false, ranges(range(exclusive(low), null)), above);
        sorted(sample, "from", false, ranges(range(inclusive(low), null)),
                Range.greaterThanOrEqual(allocator, type, low));
        sorted(sample, "below", false, ranges(range(null, exclusive(high))), below);
        sorted(sample, "below_or_null", true, ranges(range(null, exclusive(high))), below);
        sorted(sample, "up_to", false, ranges(range(null, inclusive(high))),
                Range.lessThanOrEqual(allocator, type, high));
        sorted(sample, "between", false, ranges(range(inclusive(low), inclusive(high))),
                Range.range(allocator, type, low, true, high, true));
        sorted(sample, "from_to_before", false, ranges(range(inclusive(low), exclusive(high))),
                Range.range(allocator, type, low, true, high, false));
        sorted(sample, "after_up_to", false, ranges(range(exclusive(low), inclusive(high))),
                Range.range(allocator, type, low, false, high, true));
        sorted(sample, "inside", false, ranges(range(exclusive(low), exclusive(high))),
                Range.range(allocator, type, low, false, high, false));
        sorted(sample, "outside", true, ranges(range(null, exclusive(low)), range(inclusive(high), null)),
                Range.lessThan(allocator, type, low), Range.greaterThanOrEqual(allocator, type, high));
        sorted(sample, "is_null", true, "none");
        sorted(sample, "is_not_null", false, "all", Range.all(allocator, type));
        sorted(sample, "anything", true, "all", Range.all(allocator, type));
        sorted(sample, "nothing", false, "none");
    }

    private void listed(Sample sample) {
        Object low = sample.low();
        Object high = sample.high();
        equatable(sample, "listed", true, false, anyOf(low, high), low, high);
        equatable(sample, "listed_or_null", true, true, anyOf(high), high);
        equatable(sample, "excluded", false, false, noneOf(low, high), low, high);
        equatable(sample, "excluded_or_null", false, true, noneOf(low), low);
        equatable(sample, "no_value_listed", true, false, "none");
        equatable(sample, "null_listed", true, true, "none");
        equatable(sample, "no_value_excluded", false, false, "all");
        equatable(sample, "nothing_excluded", false, true, "all");
    }

    private void allOrNone(Sample sample) {
        for (boolean all : new boolean[] {true, false}) {
            for (boolean nullAllowed : new boolean[] {true, false}) {
                String kind = (all ? "every" : "no") + "_value_" + (nullAllowed ? "and" : "without") + "_null";
                ValueSet set = new AllOrNoneValueSet(sample.type(), all, nullAllowed);
                add(sample, kind, set, nullAllowed, all ? "all" : "none");
            }
        }
    }

    private void doubles() {
        Map<String, Double> edges = Map.of(
                "negative_zero", -0.0, "not_a_number", Double.NaN, "least", Double.NEGATIVE_INFINITY,
                "largest", Double.MAX_VALUE, "smallest", Double.MIN_VALUE);
        edges.forEach((name, edge) -> {
            Sample sample = new Sample(name, Sample.FLOAT64, edge, edge);
            // What equals nothing, itself included, is no single value.
            Object values = edge.isNaN() ? ranges(range(inclusive(edge), inclusive(edge))) : anyOf(edge);
            sorted(sample, "equal", false, values, Range.equal(allocator, sample.type(), edge));
            equatable(sample, "listed", true, false, anyOf(edge), edge);
        });
    }

    private void sorted(Sample sample, String kind, boolean nullAllowed, Object values, Range... ranges) {
        add(sample, kind, SortedRangeSet.copyOf(sample.type(), List.of(ranges), nullAllowed), nullAllowed, values);
    }

    private void equatable(
            Sample sample, String kind, boolean whiteList, boolean nullAllowed, Object values, Object... listed) {
        EquatableValueSet.Builder set = EquatableValueSet.newBuilder(allocator, sample.type(), whiteList, nullAllowed);
        add(sample, kind, set.addAll(List.of(listed)).build(), nullAllowed, values);
    }

    private void add(Sample sample, String kind, ValueSet set, boolean nullAllowed, Object values) {
        String column = sample.name() + "_" + kind;
        fields.add(Field.nullable(column, sample.type()));
        summary.put(column, set);
        words.put(column, Map.of("values", values, "nullAllowed", nullAllowed));
    }

    private static Object anyOf(Object... values) {
        return Map.of("anyOf", Stream.of(values).map(Sample::words).toList());
    }

    private static Object noneOf(Object... values) {
        return Map.of("noneOf", Stream.of(values).map(Sample::words).toList());
    }

    private static Object ranges(Object... ranges) {
        return Map.of("ranges", List.of(ranges));
    }

    private static List<Object> range(Object low, Object high) {
        List<Object> range = new ArrayList<>();
        range.add(low);
        range.add(high);
        return range;
    }

    private static Object inclusive(Object value) {
        return Map.of("inclusive", Sample.words(value));
    }

    private static Object exclusive(Object value) {
        return Map.of("exclusive", Sample.words(value));
    }
}
