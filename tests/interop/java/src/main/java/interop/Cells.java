package interop;

import com.amazonaws.athena.connector.lambda.data.Block;
import com.amazonaws.athena.connector.lambda.data.DateTimeFormatterUtil;
import com.amazonaws.athena.connector.lambda.data.SupportedTypes;
import java.nio.charset.StandardCharsets;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DateMilliVector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TimeStampMicroTZVector;
import org.apache.arrow.vector.TimeStampMilliTZVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.MapVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Schemas and rows as plain JSON values.
 *
 * <p>Dates are days, timestamps epoch milliseconds or microseconds, zoned timestamps milliseconds and zone, decimals
 * their digits without the point, bytes hexadecimal, floating-point numbers their bits in hexadecimal, so that -0.0, NaN
 * and every bit survive JSON; a map is a list of pairs.
 */
final class Cells {
    private static final HexFormat HEX = HexFormat.of();

    private Cells() {
    }

    /** Fields as Arrow prints them, those that Athena refuses, and the metadata. */
    static Map<String, Object> schema(Schema schema) {
        Map<String, Object> words = new LinkedHashMap<>();
        List<String> refused = new ArrayList<>();
        for (Field field : schema.getFields()) {
            if (!SupportedTypes.isSupported(field)) {
                refused.add(field.getName());
            }
        }
        words.put("fields", schema.getFields().stream().map(Field::toString).toList());
        words.put("refused", refused);
        words.put("metadata", new TreeMap<>(schema.getCustomMetadata()));
        return words;
    }

    /** The block's schema and its rows, in the schema's order. */
    static Map<String, Object> block(Block block) {
        Map<String, Object> words = new LinkedHashMap<>();
        words.put("schema", schema(block.getSchema()));
        words.put("rows", rows(block));
        return words;
    }

    static List<List<Object>> rows(Block block) {
        List<List<Object>> rows = new ArrayList<>();
        for (int row = 0; row < block.getRowCount(); row++) {
            List<Object> cells = new ArrayList<>();
            for (FieldVector column : block.getFieldVectors()) {
                cells.add(cell(column, row));
            }
            rows.add(cells);
        }
        return rows;
    }

    private static Object cell(ValueVector column, int row) {
        if (column.isNull(row)) {
            return null;
        }
        return switch (column.getMinorType()) {
            case BIT -> ((BitVector) column).get(row) == 1;
            case TINYINT -> ((TinyIntVector) column).get(row);
            case SMALLINT -> ((SmallIntVector) column).get(row);
            case INT -> ((IntVector) column).get(row);
            case BIGINT -> ((BigIntVector) column).get(row);
            case FLOAT4 -> bits(((Float4Vector) column).get(row));
            case FLOAT8 -> bits(((Float8Vector) column).get(row));
            case DECIMAL -> ((DecimalVector) column).getObject(row).unscaledValue().toString();
            case VARBINARY -> HEX.formatHex(((VarBinaryVector) column).get(row));
            case VARCHAR -> new String(((VarCharVector) column).get(row), StandardCharsets.UTF_8);
            case DATEDAY -> ((DateDayVector) column).get(row);
            case DATEMILLI -> ((DateMilliVector) column).get(row);
            case TIMESTAMPMILLITZ -> zoned((TimeStampMilliTZVector) column, row);
            case TIMESTAMPMICROTZ -> ((TimeStampMicroTZVector) column).get(row);
            case MAP -> pairs((MapVector) column, row);
            case LIST -> elements((ListVector) column, row);
            case STRUCT -> members((StructVector) column, row);
            default -> throw new IllegalArgumentException("no words for " + column.getField());
        };
    }

    static String bits(float value) {
        return HEX.toHexDigits(Float.floatToRawIntBits(value));
    }

    static String bits(double value) {
        return HEX.toHexDigits(Double.doubleToRawLongBits(value));
    }

    /** Athena packs instant and zone into one number; the SDK unpacks it. */
    private static Map<String, Object> zoned(TimeStampMilliTZVector column, int row) {
        ArrowType.Timestamp type = (ArrowType.Timestamp) column.getField().getType();
        ZonedDateTime value = DateTimeFormatterUtil.constructZonedDateTime(column.get(row), type);
        Map<String, Object> words = new LinkedHashMap<>();
        words.put("millis", value.toInstant().toEpochMilli());
        words.put("zone", value.getZone().getId());
        return words;
    }

    private static List<Object> elements(ListVector column, int row) {
        List<Object> elements = new ArrayList<>();
        for (int at = column.getElementStartIndex(row); at < column.getElementEndIndex(row); at++) {
            elements.add(cell(column.getDataVector(), at));
        }
        return elements;
    }

    private static Map<String, Object> members(StructVector column, int row) {
        Map<String, Object> members = new LinkedHashMap<>();
        for (FieldVector member : column.getChildrenFromFields()) {
            members.put(member.getName(), cell(member, row));
        }
        return members;
    }

    private static List<Object> pairs(MapVector column, int row) {
        StructVector entries = (StructVector) column.getDataVector();
        List<Object> pairs = new ArrayList<>();
        for (int at = column.getElementStartIndex(row); at < column.getElementEndIndex(row); at++) {
            List<Object> pair = new ArrayList<>();
            for (FieldVector member : entries.getChildrenFromFields()) {
                pair.add(cell(member, at));
            }
            pairs.add(pair);
        }
        return pairs;
    }
}
