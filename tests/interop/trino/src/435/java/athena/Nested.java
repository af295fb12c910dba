package athena;

import io.trino.spi.block.ArrayBlockBuilder;
import io.trino.spi.block.BlockBuilder;
import io.trino.spi.block.RowBlockBuilder;
import java.util.function.Consumer;

/** Entries of blocks of arrays and rows. */
final class Nested {
    /** What appends a member. */
    interface Members {
        void append(int member, BlockBuilder builder);
    }

    private Nested() {
    }

    static void list(BlockBuilder builder, Consumer<BlockBuilder> elements) {
        ((ArrayBlockBuilder) builder).buildEntry(elements::accept);
    }

    static void row(BlockBuilder builder, int count, Members members) {
        ((RowBlockBuilder) builder).buildEntry(fields -> {
            for (int member = 0; member < count; member++) {
                members.append(member, fields.get(member));
            }
        });
    }
}
