package athena;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trino.spi.type.ArrayType;
import io.trino.spi.type.BigintType;
import io.trino.spi.type.BooleanType;
import io.trino.spi.type.DateType;
import io.trino.spi.type.DoubleType;
import io.trino.spi.type.IntegerType;
import io.trino.spi.type.RealType;
import io.trino.spi.type.RowType;
import io.trino.spi.type.SmallintType;
import io.trino.spi.type.TimestampType;
import io.trino.spi.type.TimestampWithTimeZoneType;
import io.trino.spi.type.TinyintType;
import io.trino.spi.type.Type;
import io.trino.spi.type.VarcharType;
import java.util.List;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;

/** Types: Trino's, Arrow's, and the JSON in which the wire writes Arrow's. */
final class WireTypes {
    private WireTypes() {
    }

    /** The type that a column of a schema has in Athena. */
    static Type trino(Field field) {
        ArrowType type = field.getType();
        List<Field> children = field.getChildren();
        if (type instanceof ArrowType.Utf8) {
            return VarcharType.VARCHAR;
        } else if (type instanceof ArrowType.Bool) {
            return BooleanType.BOOLEAN;
        } else if (type instanceof ArrowType.Int integer) {
            return integer.getBitWidth() == 64 ? BigintType.BIGINT : IntegerType.INTEGER;
        } else if (type instanceof ArrowType.FloatingPoint) {
            return DoubleType.DOUBLE;
        } else if (type instanceof ArrowType.Date date) {
            return date.getUnit() == DateUnit.DAY ? DateType.DATE : TimestampType.TIMESTAMP_MILLIS;
        } else if (type instanceof ArrowType.List) {
            return new ArrayType(trino(children.get(0)));
        } else if (type instanceof ArrowType.Struct) {
            return RowType.from(children.stream().map(child -> RowType.field(child.getName(), trino(child))).toList());
        }
        throw new IllegalArgumentException("no column of Athena's has the type of " + field);
    }

    /** The type that a value has at the wire; null if such values are not pushed. */
    static ArrowType arrow(Type type) {
        if (type instanceof VarcharType) {
            return ArrowType.Utf8.INSTANCE;
        } else if (type instanceof BooleanType) {
            return ArrowType.Bool.INSTANCE;
        } else if (type instanceof BigintType) {
            return new ArrowType.Int(64, true);
        } else if (type instanceof IntegerType) {
            return new ArrowType.Int(32, true);
        } else if (type instanceof SmallintType) {
            return new ArrowType.Int(16, true);
        } else if (type instanceof TinyintType) {
            return new ArrowType.Int(8, true);
        } else if (type instanceof DoubleType) {
            return new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
        } else if (type instanceof RealType) {
            return new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);
        } else if (type instanceof DateType) {
            return new ArrowType.Date(DateUnit.DAY);
        } else if (type instanceof TimestampType timestamp && timestamp.getPrecision() <= 3) {
            return new ArrowType.Date(DateUnit.MILLISECOND);
        } else if (type instanceof TimestampWithTimeZoneType zoned && zoned.getPrecision() <= 3) {
            return new ArrowType.Timestamp(TimeUnit.MILLISECOND, "UTC");
        }
        return null;
    }

    static ObjectNode json(ArrowType type) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        if (type instanceof ArrowType.Utf8) {
            return json.put("@type", "Utf8");
        } else if (type instanceof ArrowType.Bool) {
            return json.put("@type", "Bool");
        } else if (type instanceof ArrowType.List) {
            return json.put("@type", "List");
        } else if (type instanceof ArrowType.Int integer) {
            return json.put("@type", "Int").put("bitWidth", integer.getBitWidth()).put("isSigned", true);
        } else if (type instanceof ArrowType.FloatingPoint floating) {
            return json.put("@type", "FloatingPoint").put("precision", floating.getPrecision().name());
        } else if (type instanceof ArrowType.Date date) {
            return json.put("@type", "Date").put("unit", date.getUnit().name());
        } else if (type instanceof ArrowType.Timestamp timestamp) {
            return json.put("@type", "Timestamp").put("unit", timestamp.getUnit().name())
                    .put("timezone", timestamp.getTimezone());
        }
        throw new IllegalArgumentException("the wire has no type " + type);
    }
}
