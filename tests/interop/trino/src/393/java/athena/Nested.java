package athena;

import io.trino.spi.block.BlockBuilder;
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
        elements.accept(builder.beginBlockEntry());
        builder.closeEntry();
    }

    static void row(BlockBuilder builder, int count, Members members) {
        BlockBuilder entry = builder.beginBlockEntry();
        for (int member = 0; member < count; member++) {
            members.append(member, entry);
        }
        builder.closeEntry();
    }
}
