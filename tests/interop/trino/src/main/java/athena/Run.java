package athena;

import io.trino.spi.connector.ConnectorSession;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A statement that is being run: what it sent, and what Athena is free to choose, decided by a seed. */
record Run(List<Sent> sent, long seed) {
    private static final Map<String, Run> RUNNING = new ConcurrentHashMap<>();

    /**
     * Sizes of a read.
     *
     * @param block the most bytes of a spilled block
     * @param inline the most bytes of rows in the answer itself
     */
    record Sizes(long block, long inline) {
    }

    /** Athena's own, half of the time, and such that everything is spilled: in many blocks, in some, in one. */
    private static final List<Sizes> SIZES = List.of(new Sizes(16_000_000, 5_242_880), new Sizes(4_000, 0),
            new Sizes(16_000_000, 5_242_880), new Sizes(40_000, 1_000), new Sizes(16_000_000, 5_242_880),
            new Sizes(16_000_000, 0));

    static Run start(String id, long seed) {
        Run run = new Run(new CopyOnWriteArrayList<>(), seed);
        RUNNING.put(id, run);
        return run;
    }

    static void end(String id) {
        RUNNING.remove(id);
    }

    /** Its id is the session's trace token: Trino gives every statement a query id of its own. */
    static Run of(ConnectorSession session) {
        return RUNNING.get(session.getTraceToken().orElseThrow());
    }

    Sizes sizes() {
        return SIZES.get(new Random(seed).nextInt(SIZES.size()));
    }

    /** Whether a scan without columns asks for none; else it asks for the first one. */
    boolean readsNoColumn() {
        return (seed & 1) == 1;
    }
}
