package interop;

import com.amazonaws.athena.connector.lambda.data.Block;
import com.amazonaws.athena.connector.lambda.data.BlockAllocator;
import com.amazonaws.athena.connector.lambda.data.BlockUtils;
import com.amazonaws.athena.connector.lambda.domain.predicate.AllOrNoneValueSet;
import com.amazonaws.athena.connector.lambda.domain.predicate.Constraints;
import com.amazonaws.athena.connector.lambda.domain.predicate.EquatableValueSet;
import com.amazonaws.athena.connector.lambda.domain.predicate.Marker;
import com.amazonaws.athena.connector.lambda.domain.predicate.OrderByField;
import com.amazonaws.athena.connector.lambda.domain.predicate.QueryPlan;
import com.amazonaws.athena.connector.lambda.domain.predicate.Range;
import com.amazonaws.athena.connector.lambda.domain.predicate.SortedRangeSet;
import com.amazonaws.athena.connector.lambda.domain.predicate.ValueSet;
import com.amazonaws.athena.connector.lambda.domain.predicate.expression.ConstantExpression;
import com.amazonaws.athena.connector.lambda.domain.predicate.expression.FederationExpression;
import com.amazonaws.athena.connector.lambda.domain.predicate.expression.FunctionCallExpression;
import com.amazonaws.athena.connector.lambda.domain.predicate.expression.VariableExpression;
import com.amazonaws.athena.connector.lambda.domain.predicate.functions.FunctionName;
import com.amazonaws.athena.connector.lambda.domain.predicate.functions.StandardFunctions;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.arrow.vector.types.IntervalUnit;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;

/** Generates constraints: value sets of all kinds over all types, nested expressions, order, limit, passthrough, plan. */
final class Limiting {
    private static final String NAME = ConstantExpression.DEFAULT_CONSTANT_EXPRESSION_BLOCK_NAME;

    private final Random random;
    private final Values values;
    private final BlockAllocator allocator;

    Limiting(Random random, Values values, BlockAllocator allocator) {
        this.random = random;
        this.values = values;
        this.allocator = allocator;
    }

    Constraints constraints() {
        Map<String, ValueSet> summary = new LinkedHashMap<>();
        for (int at = random.nextInt(4); at > 0; at--) {
            summary.put(values.anyText() + at, valueSet());
        }
        List<FederationExpression> expressions = new ArrayList<>();
        for (int at = random.nextInt(3); at > 0; at--) {
            expressions.add(expression(3));
        }
        List<OrderByField> order = new ArrayList<>();
        for (int at = random.nextInt(3); at > 0; at--) {
            OrderByField.Direction[] directions = OrderByField.Direction.values();
            order.add(new OrderByField(values.anyText(), directions[random.nextInt(directions.length)]));
        }
        long limit = random.nextBoolean() ? Constraints.DEFAULT_NO_LIMIT : random.nextLong() >>> random.nextInt(64) >>> 1;
        QueryPlan plan = random.nextInt(3) > 0 ? null : new QueryPlan(
                random.nextBoolean() ? null : values.anyText(),
                Base64.getEncoder().encodeToString(values.bytes(random.nextInt(40))));
        return new Constraints(summary, expressions, order, limit, Generating.texts(random, values), plan);
    }

    private ValueSet valueSet() {
        ArrowType type = random.nextInt(3) == 0 ? values.simpleType() : values.ownType();
        boolean nullAllowed = random.nextBoolean();
        // Nothing that needs comparing: the SDK cannot compare microseconds.
        return switch (random.nextInt(Values.isMicro(type) ? 3 : 6)) {
            case 0 -> new AllOrNoneValueSet(type, random.nextBoolean(), nullAllowed);
            case 1, 2 -> {
                EquatableValueSet.Builder set =
                        EquatableValueSet.newBuilder(allocator, type, random.nextBoolean(), nullAllowed);
                for (int at = random.nextInt(4); at > 0; at--) {
                    set.add(values.value(type));
                }
                yield set.build();
            }
            default -> {
                List<Range> ranges = new ArrayList<>();
                for (int at = random.nextInt(5); at > 0; at--) {
                    ranges.add(range(type));
                }
                yield SortedRangeSet.copyOf(type, ranges, nullAllowed);
            }
        };
    }

    private Range range(ArrowType type) {
        Object one = values.value(type);
        Object other = random.nextInt(4) == 0 ? one : values.value(type);
        if (one instanceof ZonedDateTime begin && other instanceof ZonedDateTime end) {
            // The SDK orders the same instant by its zone; SQL has nothing between the two.
            other = end.withZoneSameInstant(begin.getZone());
        }
        Marker low = random.nextBoolean() ? Marker.exactly(allocator, type, one) : Marker.above(allocator, type, one);
        Marker high =
                random.nextBoolean() ? Marker.exactly(allocator, type, other) : Marker.below(allocator, type, other);
        if (random.nextInt(4) == 0) {
            low = Marker.lowerUnbounded(allocator, type);
        }
        if (random.nextInt(4) == 0) {
            high = Marker.upperUnbounded(allocator, type);
        }
        // The other way round, or nothing between them: a single value.
        return low.compareTo(high) < 0 ? new Range(low, high) : Range.equal(allocator, type, one);
    }

    private FederationExpression expression(int depth) {
        return switch (depth == 0 ? random.nextInt(2) : random.nextInt(5)) {
            case 0 -> new VariableExpression("c" + values.anyText(), anyType());
            case 1 -> constant();
            default -> {
                StandardFunctions[] functions = StandardFunctions.values();
                FunctionName name = random.nextInt(20) == 0 ? new FunctionName("$later")
                        : functions[random.nextInt(functions.length)].getFunctionName();
                List<FederationExpression> arguments = new ArrayList<>();
                for (int at = random.nextInt(4); at > 0; at--) {
                    arguments.add(expression(depth - 1));
                }
                yield new FunctionCallExpression(anyType(), name, arguments);
            }
        };
    }

    /** Several values, one, a null among them, none, or no block at all. */
    private FederationExpression constant() {
        ArrowType type = values.simpleType();
        int rows = random.nextInt(5);
        if (rows == 4) {
            return new ConstantExpression(null, type);
        }
        List<Object> constants = new ArrayList<>();
        for (int at = 0; at < rows; at++) {
            constants.add(random.nextInt(5) == 0 ? null : values.value(type));
        }
        Block block = BlockUtils.newBlock(allocator, NAME, type, constants.toArray());
        return new ConstantExpression(block, type);
    }

    /** Every type that expressions may speak of, those without values too. */
    private ArrowType anyType() {
        TimeUnit unit = TimeUnit.values()[random.nextInt(4)];
        return switch (random.nextInt(16)) {
            case 0 -> ArrowType.Null.INSTANCE;
            case 1 -> ArrowType.Struct.INSTANCE;
            case 2 -> ArrowType.List.INSTANCE;
            case 3 -> new ArrowType.Map(false);
            case 4 -> new ArrowType.Time(unit, 64);
            case 5 -> new ArrowType.Interval(IntervalUnit.values()[random.nextInt(3)]);
            case 6 -> new ArrowType.FixedSizeList(random.nextInt(9));
            case 7 -> new ArrowType.FixedSizeBinary(random.nextInt(9));
            case 8 -> new ArrowType.Timestamp(unit, random.nextBoolean() ? null : "Europe/Zurich");
            case 9 -> new ArrowType.Int(64, false);
            default -> values.simpleType();
        };
    }
}
