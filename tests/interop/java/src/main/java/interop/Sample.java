package interop;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;

/** A type that the connector's fields have, and two values of it, the smaller first. */
record Sample(String name, ArrowType type, Object low, Object high) {
    static final ArrowType BOOL = ArrowType.Bool.INSTANCE;
    static final ArrowType INT32 = new ArrowType.Int(32, true);
    static final ArrowType INT64 = new ArrowType.Int(64, true);
    static final ArrowType FLOAT64 = new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
    static final ArrowType UTF8 = ArrowType.Utf8.INSTANCE;
    static final ArrowType DATE32 = new ArrowType.Date(DateUnit.DAY);
    static final ArrowType DATE64 = new ArrowType.Date(DateUnit.MILLISECOND);
    static final ArrowType ZONED = new ArrowType.Timestamp(TimeUnit.MILLISECOND, "UTC");

    static final List<Sample> ALL = List.of(
            new Sample("bool", BOOL, false, true),
            new Sample("int32", INT32, Integer.MIN_VALUE, Integer.MAX_VALUE),
            // Above 2^53, where a double would not hold it.
            new Sample("int64", INT64, Long.MIN_VALUE, 9_007_199_254_740_993L),
            new Sample("float64", FLOAT64, -1.5, 0.1),
            new Sample("utf8", UTF8, "O'Brien", "Zürich 😀"),
            new Sample("date32", DATE32, LocalDate.of(1969, 12, 31), LocalDate.of(2024, 2, 29)),
            new Sample("date64", DATE64,
                    LocalDateTime.of(1969, 12, 31, 23, 59, 59, 999_000_000),
                    LocalDateTime.of(2024, 2, 29, 12, 34, 56, 789_000_000)),
            new Sample("zoned", ZONED,
                    ZonedDateTime.of(1969, 12, 31, 23, 59, 59, 999_000_000, ZoneOffset.UTC),
                    ZonedDateTime.of(2020, 2, 29, 1, 2, 3, 456_000_000, ZoneId.of("America/New_York"))));

    /** What the value is, in words. */
    static Map<String, Object> words(Object value) {
        if (value instanceof Boolean flag) {
            return Map.of("boolean", flag);
        } else if (value instanceof Integer || value instanceof Long) {
            return Map.of("integer", value);
        } else if (value instanceof Double number) {
            return Map.of("double", Cells.bits(number));
        } else if (value instanceof LocalDate date) {
            return Map.of("date", date.toEpochDay());
        } else if (value instanceof LocalDateTime time) {
            return Map.of("millis", time.toInstant(ZoneOffset.UTC).toEpochMilli());
        } else if (value instanceof ZonedDateTime time) {
            return Map.of("millis", time.toInstant().toEpochMilli());
        } else if (value instanceof String text) {
            return Map.of("text", text);
        }
        throw new IllegalArgumentException("no words for " + value.getClass());
    }
}
