package athena;

import io.airlift.slice.Slices;
import io.trino.spi.Page;
import io.trino.spi.block.Block;
import io.trino.spi.block.BlockBuilder;
import io.trino.spi.type.Type;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DateMilliVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.arrow.vector.ipc.ReadChannel;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Schema;

/** Blocks of the connector's answers as Trino's pages. */
final class Pages {
    private Pages() {
    }

    /** The columns of a message of rows, in their order; nothing without rows. */
    static Optional<Page> page(byte[] message, Schema schema, List<Column> columns) {
        if (message.length == 0) {
            return Optional.empty();
        }
        try (VectorSchemaRoot root = VectorSchemaRoot.create(schema, WireBlocks.ALLOCATOR)) {
            ReadChannel channel = new ReadChannel(Channels.newChannel(new ByteArrayInputStream(message)));
            try (ArrowRecordBatch batch = MessageSerializer.deserializeRecordBatch(channel, WireBlocks.ALLOCATOR)) {
                new VectorLoader(root).load(batch);
            }
            int rows = root.getRowCount();
            Block[] blocks = new Block[columns.size()];
            for (int column = 0; column < blocks.length; column++) {
                Type type = columns.get(column).type();
                FieldVector vector = root.getVector(columns.get(column).name());
                BlockBuilder builder = type.createBlockBuilder(null, rows);
                for (int row = 0; row < rows; row++) {
                    append(type, vector, row, builder);
                }
                blocks[column] = builder.build();
            }
            return Optional.of(new Page(rows, blocks)).filter(page -> rows > 0);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static void append(Type type, FieldVector vector, int row, BlockBuilder builder) {
        if (vector.isNull(row)) {
            builder.appendNull();
        } else if (vector instanceof VarCharVector texts) {
            type.writeSlice(builder, Slices.wrappedBuffer(texts.get(row)));
        } else if (vector instanceof BitVector truths) {
            type.writeBoolean(builder, truths.get(row) != 0);
        } else if (vector instanceof BigIntVector integers) {
            type.writeLong(builder, integers.get(row));
        } else if (vector instanceof IntVector integers) {
            type.writeLong(builder, integers.get(row));
        } else if (vector instanceof Float8Vector doubles) {
            type.writeDouble(builder, doubles.get(row));
        } else if (vector instanceof DateDayVector days) {
            type.writeLong(builder, days.get(row));
        } else if (vector instanceof DateMilliVector instants) {
            type.writeLong(builder, Math.multiplyExact(instants.get(row), 1000L));
        } else if (vector instanceof ListVector lists) {
            Type element = type.getTypeParameters().get(0);
            FieldVector elements = (FieldVector) lists.getDataVector();
            Nested.list(builder, inside -> {
                for (int at = lists.getElementStartIndex(row); at < lists.getElementEndIndex(row); at++) {
                    append(element, elements, at, inside);
                }
            });
        } else if (vector instanceof StructVector structs) {
            List<Type> members = type.getTypeParameters();
            Nested.row(builder, members.size(), (member, inside) ->
                    append(members.get(member), (FieldVector) structs.getChildByOrdinal(member), row, inside));
        } else {
            throw new IllegalArgumentException("Athena reads no " + vector.getClass().getSimpleName());
        }
    }
}
