package interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of JSON lines. */
final class Lines {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Lines() {
    }

    /** What becomes of a line. */
    interface Step {
        Object apply(JsonNode line) throws Exception;
    }

    /** Answers every line of a file with one of another. */
    static void answer(Path from, Path to, Step step) throws Exception {
        try (BufferedReader in = Files.newBufferedReader(from); BufferedWriter out = Files.newBufferedWriter(to)) {
            int number = 0;
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                number++;
                try {
                    write(out, step.apply(JSON.readTree(line)));
                } catch (Exception error) {
                    throw new IllegalStateException("the SDK fails on line " + number + ": " + shown(line), error);
                }
            }
        }
    }

    static void write(BufferedWriter out, Object value) throws IOException {
        out.write(JSON.writeValueAsString(value));
        out.newLine();
    }

    private static String shown(String line) {
        return line.length() <= 2_000 ? line : line.substring(0, 2_000) + " ..";
    }
}
