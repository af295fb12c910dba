package interop;

import com.amazonaws.athena.connector.lambda.data.Block;
import com.amazonaws.athena.connector.lambda.data.BlockAllocator;
import com.amazonaws.athena.connector.lambda.data.BlockUtils;
import com.amazonaws.athena.connector.lambda.domain.predicate.expression.ConstantExpression;
import com.amazonaws.athena.connector.lambda.domain.predicate.expression.FederationExpression;
import com.amazonaws.athena.connector.lambda.domain.predicate.expression.FunctionCallExpression;
import com.amazonaws.athena.connector.lambda.domain.predicate.expression.VariableExpression;
import com.amazonaws.athena.connector.lambda.domain.predicate.functions.StandardFunctions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;

/**
 * Expressions in Athena's vocabulary, beside what they say: {@code {"column": ..}}, {@code {"constant": ..}},
 * {@code "null"} or {@code {"call": "$..", "arguments": [..]}}.
 *
 * <p>The top level is one {@code $and}, which says the same as its arguments as expressions of their own.
 */
final class Expressions {
    /** The name of a constant's column. */
    private static final String NAME = ConstantExpression.DEFAULT_CONSTANT_EXPRESSION_BLOCK_NAME;

    final List<Field> fields = new ArrayList<>();
    final List<FederationExpression> expressions = new ArrayList<>();
    final List<Object> words = new ArrayList<>();

    private final BlockAllocator allocator;

    private record Said(FederationExpression expression, Object words) {
    }

    Expressions(BlockAllocator allocator) {
        this.allocator = allocator;
        List<Said> terms = new ArrayList<>();
        for (Sample sample : Sample.ALL) {
            Said column = column(sample);
            Said low = constant(sample.type(), sample.low());
            Said high = constant(sample.type(), sample.high());
            terms.add(call(StandardFunctions.EQUAL_OPERATOR_FUNCTION_NAME, column, low));
            terms.add(call(StandardFunctions.NOT_FUNCTION_NAME, call(StandardFunctions.IS_NULL_FUNCTION_NAME, column)));
            terms.add(call(StandardFunctions.IN_PREDICATE_FUNCTION_NAME, column, array(sample)));
            terms.add(call(StandardFunctions.OR_FUNCTION_NAME,
                    call(StandardFunctions.NOT_EQUAL_OPERATOR_FUNCTION_NAME, high, column),
                    call(StandardFunctions.LESS_THAN_OPERATOR_FUNCTION_NAME, column, high),
                    call(StandardFunctions.LESS_THAN_OR_EQUAL_OPERATOR_FUNCTION_NAME, column, high),
                    call(StandardFunctions.GREATER_THAN_OPERATOR_FUNCTION_NAME, column, low),
                    call(StandardFunctions.GREATER_THAN_OR_EQUAL_OPERATOR_FUNCTION_NAME, column, low)));
            for (Said nothing : nulls(sample.type())) {
                terms.add(call(StandardFunctions.IS_DISTINCT_FROM_OPERATOR_FUNCTION_NAME, column, nothing));
            }
            // Constants one by one, and a NULL among them.
            terms.add(call(StandardFunctions.IN_PREDICATE_FUNCTION_NAME, column,
                    call(StandardFunctions.ARRAY_CONSTRUCTOR_FUNCTION_NAME, low, high, nulls(sample.type()).get(0))));
        }
        Sample text = new Sample("pattern", Sample.UTF8, "%O'B_\\%😀", "");
        terms.add(call(StandardFunctions.LIKE_PATTERN_FUNCTION_NAME, column(text), constant(text.type(), text.low())));

        Said all = call(StandardFunctions.AND_FUNCTION_NAME, terms.toArray(Said[]::new));
        expressions.add(all.expression());
        terms.forEach(term -> words.add(term.words()));
        Sample number = new Sample("alone", Sample.FLOAT64, 0.0, 0.0);
        Said alone = call(StandardFunctions.IS_NULL_FUNCTION_NAME, column(number));
        expressions.add(alone.expression());
        words.add(alone.words());
    }

    private Said column(Sample sample) {
        Field field = Field.nullable(sample.name(), sample.type());
        if (!fields.contains(field)) {
            fields.add(field);
        }
        return new Said(new VariableExpression(sample.name(), sample.type()), Map.of("column", sample.name()));
    }

    private Said constant(ArrowType type, Object value) {
        Block block = BlockUtils.newBlock(allocator, NAME, type, value);
        return new Said(new ConstantExpression(block, type), Map.of("constant", Sample.words(value)));
    }

    /** One constant of two rows stands for two constants. */
    private Said array(Sample sample) {
        Block block = BlockUtils.newBlock(allocator, NAME, sample.type(), sample.low(), sample.high());
        FederationExpression array = new FunctionCallExpression(ArrowType.List.INSTANCE,
                StandardFunctions.ARRAY_CONSTRUCTOR_FUNCTION_NAME.getFunctionName(),
                List.of(new ConstantExpression(block, sample.type())));
        List<Object> constants = List.of(
                Map.of("constant", Sample.words(sample.low())), Map.of("constant", Sample.words(sample.high())));
        return new Said(array, Map.of("call", "$array", "arguments", constants));
    }

    /** NULL as a null row, as no row, and as no block. */
    private List<Said> nulls(ArrowType type) {
        Block row = BlockUtils.newBlock(allocator, NAME, type, new Object[] {null});
        Block empty = BlockUtils.newEmptyBlock(allocator, NAME, type);
        return Stream.of(row, empty, null)
                .map(block -> new Said(new ConstantExpression(block, type), "null"))
                .toList();
    }

    private static Said call(StandardFunctions function, Said... arguments) {
        FederationExpression call = new FunctionCallExpression(
                function == StandardFunctions.ARRAY_CONSTRUCTOR_FUNCTION_NAME ? ArrowType.List.INSTANCE : Sample.BOOL,
                function.getFunctionName(), Stream.of(arguments).map(Said::expression).toList());
        return new Said(call, Map.of(
                "call", function.getFunctionName().getFunctionName(),
                "arguments", Stream.of(arguments).map(Said::words).toList()));
    }
}
