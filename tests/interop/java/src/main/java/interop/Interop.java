package interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/**
 * The Java federation SDK as judge: it reads what the connector wrote, and writes what the connector must read.
 *
 * <p>One process for all tests: a command is a JSON line on standard input, its outcome a JSON line on standard output,
 * {@code {"done": ..}} or {@code {"failed": text}}. What is large travels in files of JSON lines, {@code from} and
 * {@code to}. Nothing here interprets the wire itself: that is the SDK's part.
 */
final class Interop {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Interop() {
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        // What a library prints is no outcome.
        System.setOut(System.err);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(JSON.writeValueAsString(outcome(line)));
        }
    }

    private static Map<String, Object> outcome(String line) {
        try {
            JsonNode command = JSON.readTree(line);
            return Map.of("done", run(command));
        } catch (Exception | LinkageError error) {
            StringWriter text = new StringWriter();
            error.printStackTrace(new PrintWriter(text));
            return Map.of("failed", text.toString());
        }
    }

    private static Object run(JsonNode command) throws Exception {
        Path to = Path.of(command.path("to").asText());
        switch (command.path("do").asText()) {
            case "read" -> Reading.all(Path.of(command.path("from").asText()), to);
            case "rewrite" -> Rewriting.all(Path.of(command.path("from").asText()), to);
            case "write" -> Writing.all(to);
            case "play" -> {
                return Playing.all(command, to);
            }
            case "generate" -> Generating.all(command, to);
            default -> throw new IllegalArgumentException("no such command: " + command);
        }
        return true;
    }
}
