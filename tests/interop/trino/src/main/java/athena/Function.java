package athena;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/** A Lambda function: some {@code bootstrap} processes behind Lambda's runtime API, which is served here. */
final class Function implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ARN = "arn:aws:lambda:us-east-1:123456789012:function:function";
    /** How long a call may take; a call that takes longer fails the statement. */
    private static final long TIMEOUT_SECONDS = 300;

    private final HttpServer server;
    private final LinkedBlockingQueue<Call> waiting = new LinkedBlockingQueue<>();
    private final Map<String, Call> running = new ConcurrentHashMap<>();
    private final List<Process> workers = new ArrayList<>();
    private final AtomicLong ids = new AtomicLong();

    private record Call(String id, byte[] payload, CompletableFuture<byte[]> answer) {
    }

    /** A failure as the function reported it. */
    static final class Failure extends RuntimeException {
        Failure(String message) {
            super(message);
        }
    }

    Function(File program, int workerCount, Map<String, String> environment, File log) throws IOException {
        // Without this every answer waits 40 ms for an acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "runtime API");
            thread.setDaemon(true);
            return thread;
        }));
        server.createContext("/2018-06-01/runtime/", this::handle);
        server.start();
        // The processes do not outlive this one, however it ends short of being killed.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> workers.forEach(Process::destroy)));
        for (int worker = 0; worker < workerCount; worker++) {
            ProcessBuilder builder = new ProcessBuilder(program.getPath());
            builder.environment().putAll(environment);
            builder.environment().put("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:" + server.getAddress().getPort());
            builder.environment().put("AWS_LAMBDA_FUNCTION_NAME", "function");
            builder.environment().put("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512");
            builder.environment().put("AWS_LAMBDA_FUNCTION_VERSION", "1");
            builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log));
            Process process = builder.start();
            workers.add(process);
            process.onExit().thenAccept(ended -> failAll("`bootstrap` ended with " + ended.exitValue()));
        }
    }

    /** Calls the function; its answer, or what it reports as its failure. */
    byte[] invoke(byte[] payload) throws InterruptedException, TimeoutException {
        if (workers.stream().noneMatch(Process::isAlive)) {
            throw new IllegalStateException("no `bootstrap` is running");
        }
        Call call = new Call("call-" + ids.incrementAndGet(), payload, new CompletableFuture<>());
        waiting.put(call);
        try {
            return call.answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException error) {
            throw new Failure(error.getCause().getMessage());
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            if (path.endsWith("/invocation/next")) {
                next(exchange);
                return;
            }
            byte[] body = exchange.getRequestBody().readAllBytes();
            // .../runtime/invocation/<id>/response or error; .../runtime/init/error
            String[] parts = path.split("/");
            Call call = parts.length > 5 ? running.remove(parts[4]) : null;
            if (call == null) {
                failAll(message(body));
            } else if (path.endsWith("/response")) {
                call.answer.complete(body);
            } else {
                call.answer.completeExceptionally(new Failure(message(body)));
            }
            exchange.sendResponseHeaders(202, -1);
        }
    }

    private void next(HttpExchange exchange) throws IOException {
        Call call;
        try {
            call = waiting.take();
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            return;
        }
        running.put(call.id, call);
        long deadline = System.currentTimeMillis() + TIMEOUT_SECONDS * 1000;
        exchange.getResponseHeaders().set("Lambda-Runtime-Aws-Request-Id", call.id);
        exchange.getResponseHeaders().set("Lambda-Runtime-Deadline-Ms", Long.toString(deadline));
        exchange.getResponseHeaders().set("Lambda-Runtime-Invoked-Function-Arn", ARN);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, call.payload.length);
        exchange.getResponseBody().write(call.payload);
    }

    private static String message(byte[] body) {
        try {
            JsonNode error = JSON.readTree(body);
            return error.path("errorType").asText() + ": " + error.path("errorMessage").asText();
        } catch (IOException error) {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    /** What cannot be told apart by its call fails all that run: none may hang. */
    private void failAll(String message) {
        running.values().forEach(call -> call.answer.completeExceptionally(new Failure(message)));
        running.clear();
        if (workers.stream().noneMatch(Process::isAlive)) {
            for (Call call = waiting.poll(); call != null; call = waiting.poll()) {
                call.answer.completeExceptionally(new Failure(message));
            }
        }
    }

    @Override
    public void close() {
        workers.forEach(Process::destroy);
        server.stop(0);
    }
}
