package interop;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The Java federation SDK as judge: it reads what the connector wrote, and writes what the connector must read.
 *
 * <p>{@code read DIR} prints a JSON line per message in DIR, {@code write DIR} writes requests and what they say.
 * Nothing here interprets the wire itself: that is the SDK's part.
 */
final class Interop {
    private Interop() {
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 2 && arguments[0].equals("read")) {
            try (PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8)) {
                Reading.all(Path.of(arguments[1]), out);
            }
        } else if (arguments.length == 2 && arguments[0].equals("write")) {
            Writing.all(Path.of(arguments[1]));
        } else {
            System.err.println("usage: read DIR | write DIR");
            System.exit(2);
        }
    }
}
