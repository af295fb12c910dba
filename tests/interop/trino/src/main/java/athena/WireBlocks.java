package athena;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.airlift.slice.Slice;
import io.trino.spi.type.Type;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.util.Base64;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DateMilliVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TimeStampMilliTZVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.ReadChannel;
import org.apache.arrow.vector.ipc.WriteChannel;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/** Schemas and blocks of constants as the wire has them: one Arrow message each, in base 64. */
final class WireBlocks {
    static final BufferAllocator ALLOCATOR = new RootAllocator();

    private WireBlocks() {
    }

    static Schema schema(String base64) {
        byte[] bytes = Base64.getDecoder().decode(base64);
        try {
            return MessageSerializer.deserializeSchema(
                    new ReadChannel(Channels.newChannel(new ByteArrayInputStream(bytes))));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    static String schema(Schema schema) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            MessageSerializer.serialize(new WriteChannel(Channels.newChannel(out)), schema);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        return Base64.getEncoder().encodeToString(out.toByteArray());
    }

    /** Values of one type in Trino's own representation, null for NULL, as a block of one column. */
    static ObjectNode block(Type type, List<Object> values) {
        Field field = new Field("col1", FieldType.nullable(WireTypes.arrow(type)), null);
        Schema schema = new Schema(List.of(field));
        ObjectNode block = JsonNodeFactory.instance.objectNode().put("aId", "trino").put("schema", schema(schema));
        if (values.isEmpty()) {
            return block.put("records", "");
        }
        try (VectorSchemaRoot root = VectorSchemaRoot.create(schema, ALLOCATOR)) {
            FieldVector vector = root.getVector(0);
            vector.allocateNew();
            for (int row = 0; row < values.size(); row++) {
                if (values.get(row) == null) {
                    vector.setNull(row);
                } else {
                    set(vector, row, values.get(row));
                }
            }
            root.setRowCount(values.size());
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (ArrowRecordBatch batch = new VectorUnloader(root).getRecordBatch()) {
                MessageSerializer.serialize(new WriteChannel(Channels.newChannel(out)), batch);
            }
            return block.put("records", Base64.getEncoder().encodeToString(out.toByteArray()));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static void set(FieldVector vector, int row, Object value) {
        if (vector instanceof VarCharVector texts) {
            texts.setSafe(row, ((Slice) value).getBytes());
        } else if (vector instanceof BitVector truths) {
            truths.setSafe(row, (Boolean) value ? 1 : 0);
        } else if (vector instanceof BigIntVector integers) {
            integers.setSafe(row, (Long) value);
        } else if (vector instanceof IntVector integers) {
            integers.setSafe(row, ((Long) value).intValue());
        } else if (vector instanceof SmallIntVector integers) {
            integers.setSafe(row, ((Long) value).intValue());
        } else if (vector instanceof TinyIntVector integers) {
            integers.setSafe(row, ((Long) value).intValue());
        } else if (vector instanceof Float8Vector doubles) {
            doubles.setSafe(row, (Double) value);
        } else if (vector instanceof Float4Vector floats) {
            floats.setSafe(row, Float.intBitsToFloat(((Long) value).intValue()));
        } else if (vector instanceof DateDayVector days) {
            days.setSafe(row, ((Long) value).intValue());
        } else if (vector instanceof DateMilliVector instants) {
            // Trino's timestamps are microseconds.
            instants.setSafe(row, Math.floorDiv((Long) value, 1000L));
        } else if (vector instanceof TimeStampMilliTZVector instants) {
            instants.setSafe(row, (Long) value);
        } else {
            throw new IllegalArgumentException("no constant is written to a " + vector.getClass().getSimpleName());
        }
    }
}
