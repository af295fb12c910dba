package interop;

import com.amazonaws.athena.connector.lambda.data.Block;
import com.amazonaws.athena.connector.lambda.data.BlockAllocator;
import com.amazonaws.athena.connector.lambda.data.BlockUtils;
import com.amazonaws.athena.connector.lambda.data.FieldResolver;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.Types;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/** Types of {@code SupportedTypes} and values of them, generated, in the objects that the SDK's writers take. */
final class Values {
    static final List<String> ZONES = List.of(
            "UTC", "-14:00", "-05:00", "-00:01", "+00:01", "+14:00", "America/New_York", "Asia/Kolkata", "Europe/Zurich");

    private static final String LETTERS = "aZ0 '\"\\/%\n\u0000éß€";
    private static final String SURROGATES = "😀";
    /** Java orders it before the letters beyond the basic plane, Unicode after them. */
    private static final String LAST = "\uffff";

    private final Random random;

    Values(Random random) {
        this.random = random;
    }

    ArrowType simpleType() {
        int precision = 1 + random.nextInt(38);
        return switch (random.nextInt(14)) {
            case 0 -> new ArrowType.Int(8, true);
            case 1 -> new ArrowType.Int(16, true);
            case 2 -> new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);
            case 3 -> new ArrowType.Decimal(precision, random.nextInt(precision + 1), 128);
            case 4 -> ArrowType.Binary.INSTANCE;
            case 5 -> new ArrowType.Timestamp(TimeUnit.MICROSECOND, "UTC");
            default -> ownType();
        };
    }

    /** Of the types that the connector's fields have. */
    ArrowType ownType() {
        return switch (random.nextInt(8)) {
            case 0 -> ArrowType.Bool.INSTANCE;
            case 1 -> new ArrowType.Int(32, true);
            case 2 -> new ArrowType.Int(64, true);
            case 3 -> new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
            case 4 -> ArrowType.Utf8.INSTANCE;
            case 5 -> new ArrowType.Date(DateUnit.DAY);
            case 6 -> new ArrowType.Date(DateUnit.MILLISECOND);
            default -> new ArrowType.Timestamp(TimeUnit.MILLISECOND, "UTC");
        };
    }

    static boolean isMicro(ArrowType type) {
        return type instanceof ArrowType.Timestamp timestamp && timestamp.getUnit() == TimeUnit.MICROSECOND;
    }

    Schema schema(int fields, int depth) {
        List<Field> all = new ArrayList<>();
        for (int at = 0; at < fields; at++) {
            all.add(field("c" + at, depth));
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        for (int at = random.nextInt(3); at > 0; at--) {
            metadata.put(text(), text());
        }
        return new Schema(all, metadata);
    }

    private Field field(String name, int depth) {
        return switch (depth == 0 ? 0 : random.nextInt(8)) {
            case 1 -> new Field(name, FieldType.nullable(ArrowType.List.INSTANCE), List.of(element(name, depth)));
            case 2 -> {
                List<Field> members = new ArrayList<>();
                for (int at = 1 + random.nextInt(3); at > 0; at--) {
                    members.add(inside("m" + at, depth, Values::isMicro));
                }
                yield new Field(name, FieldType.nullable(ArrowType.Struct.INSTANCE), members);
            }
            case 3 -> {
                Field key = new Field("key", FieldType.notNullable(ArrowType.Utf8.INSTANCE), null);
                Field entries = new Field("entries", FieldType.notNullable(ArrowType.Struct.INSTANCE),
                        List.of(key, element("value", depth)));
                yield new Field(name, FieldType.nullable(new ArrowType.Map(false)), List.of(entries));
            }
            default -> Field.nullable(name, simpleType());
        };
    }

    private Field element(String name, int depth) {
        return inside(name, depth, ArrowType.Timestamp.class::isInstance);
    }

    /** What the SDK's writers take: no zoned timestamps in lists and maps, no microseconds in anything. */
    private Field inside(String name, int depth, Predicate<ArrowType> refused) {
        Field field;
        do {
            field = field(name, depth - 1);
        } while (holds(field, refused));
        return field;
    }

    private static boolean holds(Field field, Predicate<ArrowType> type) {
        return type.test(field.getType()) || field.getChildren().stream().anyMatch(child -> holds(child, type));
    }

    Block block(BlockAllocator allocator, Schema schema, int rows) {
        Block block = allocator.createBlock(schema);
        for (Field field : schema.getFields()) {
            FieldVector vector = block.getFieldVector(field.getName());
            for (int row = 0; row < rows; row++) {
                Object value = random.nextInt(5) == 0 ? null : value(field);
                if (field.getChildren().isEmpty()) {
                    BlockUtils.setValue(vector, row, value);
                } else if (value == null) {
                    vector.setNull(row);
                } else {
                    BlockUtils.setComplexValue(vector, row, FieldResolver.DEFAULT, value);
                }
            }
        }
        block.setRowCount(rows);
        return block;
    }

    /** A value of a simple type; never null. */
    Object value(ArrowType type) {
        return value(Field.nullable("", type));
    }

    private Object value(Field field) {
        return switch (Types.getMinorTypeForArrowType(field.getType())) {
            case BIT -> random.nextBoolean();
            case TINYINT -> (byte) whole(8);
            case SMALLINT -> (short) whole(16);
            case INT -> (int) whole(32);
            case BIGINT, TIMESTAMPMICROTZ -> whole(64);
            case FLOAT4 -> (float) real();
            case FLOAT8 -> real();
            case DECIMAL -> decimal((ArrowType.Decimal) field.getType());
            case VARCHAR -> text();
            case VARBINARY -> bytes(random.nextInt(6));
            case DATEDAY -> (int) whole(22);
            case DATEMILLI -> LocalDateTime.ofInstant(Instant.ofEpochMilli(whole(48)), ZoneOffset.UTC);
            case TIMESTAMPMILLITZ -> ZonedDateTime.ofInstant(
                    Instant.ofEpochMilli(whole(48)), ZoneId.of(ZONES.get(random.nextInt(ZONES.size()))));
            case LIST -> {
                List<Object> elements = new ArrayList<>();
                for (int at = random.nextInt(4); at > 0; at--) {
                    elements.add(value(field.getChildren().get(0)));
                }
                yield elements;
            }
            case STRUCT -> {
                Map<String, Object> members = new LinkedHashMap<>();
                for (Field member : field.getChildren()) {
                    members.put(member.getName(), random.nextInt(5) == 0 ? null : value(member));
                }
                yield members;
            }
            case MAP -> {
                Map<Object, Object> pairs = new LinkedHashMap<>();
                List<Field> entry = field.getChildren().get(0).getChildren();
                for (int at = random.nextInt(4); at > 0; at--) {
                    pairs.put(value(entry.get(0)), value(entry.get(1)));
                }
                yield pairs;
            }
            default -> throw new IllegalArgumentException("no values of " + field);
        };
    }

    /** A number of so many bits, often one at an edge. */
    long whole(int bits) {
        long most = Long.MAX_VALUE >> (64 - bits);
        return switch (random.nextInt(8)) {
            case 0 -> -most - 1;
            case 1 -> most;
            case 2, 3 -> random.nextInt(21) - 10;
            default -> random.nextLong() >> (64 - bits);
        };
    }

    private double real() {
        return switch (random.nextInt(12)) {
            case 0 -> Double.POSITIVE_INFINITY;
            case 1 -> Double.MIN_VALUE;
            case 2 -> 0.0;
            case 3, 4 -> random.nextInt(21) / 4.0;
            default -> random.nextGaussian() * 1e6;
        };
    }

    private BigDecimal decimal(ArrowType.Decimal type) {
        BigInteger limit = BigInteger.TEN.pow(type.getPrecision());
        BigInteger digits = new BigInteger(limit.bitLength(), random).mod(limit);
        return new BigDecimal(random.nextBoolean() ? digits : digits.negate(), type.getScale());
    }

    String text() {
        return text(SURROGATES);
    }

    /** Text that Java and Unicode may order differently. */
    String anyText() {
        return text(random.nextBoolean() ? SURROGATES : LAST);
    }

    private String text(String further) {
        StringBuilder text = new StringBuilder();
        for (int at = random.nextInt(random.nextInt(20) == 0 ? 300 : 6); at > 0; at--) {
            int letter = random.nextInt(LETTERS.length() + 1);
            text.append(letter == LETTERS.length() ? further : LETTERS.substring(letter, letter + 1));
        }
        return text.toString();
    }

    byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
