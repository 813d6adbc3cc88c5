package io.github.swscan.report.html;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A headless Chromium that opens files, driven by its DevTools protocol. For one thread.
 *
 * <p>What it tells of a page: {@link #complaints} of its console, and {@link #requests} other than that for the page.
 */
final class Browser implements AutoCloseable {

    private static final List<String> NAMES =
            List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private static final int SECONDS = 60;

    private final Process process;
    private final WebSocket socket;
    private final BlockingQueue<JsonNode> messages;
    private final List<String> complaints = new ArrayList<>();
    private final List<String> requests = new ArrayList<>();
    private int calls;

    private Browser(Process process, WebSocket socket, BlockingQueue<JsonNode> messages) {
        this.process = process;
        this.socket = socket;
        this.messages = messages;
    }

    /** The program, where the system has one. */
    static Optional<Path> installed() {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(java.io.File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Starts one with a profile of its own in a folder. */
    static Browser start(Path program, Path profile) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        program.toString(),
                        "--headless",
                        // Tests may run as root, for whom there is no sandbox; the pages are this program's own.
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(profile.resolve("chromium.log").toFile())
                .start();
        try {
            HttpClient client = HttpClient.newHttpClient();
            BlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
            WebSocket socket = client.newWebSocketBuilder()
                    .buildAsync(URI.create(page(client, port(process, profile))), new Messages(messages))
                    .join();
            Browser browser = new Browser(process, socket, messages);
            Stream.of("Page", "Runtime", "Network", "Log").forEach(domain -> browser.call(domain + ".enable"));
            return browser;
        } catch (IOException | InterruptedException | RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private static String port(Process process, Path profile) throws IOException, InterruptedException {
        Path file = profile.resolve("DevToolsActivePort");
        for (int tries = 0; tries < 10 * SECONDS; tries++) {
            if (Files.exists(file) && !Files.readAllLines(file).isEmpty()) {
                return Files.readAllLines(file).get(0);
            }
            if (!process.isAlive()) {
                throw new IOException("Chromium ended: " + Files.readString(profile.resolve("chromium.log")));
            }
            Thread.sleep(100);
        }
        throw new IOException("Chromium does not start");
    }

    private static String page(HttpClient client, String port) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/list"))
                .build();
        for (int tries = 0; tries < 10 * SECONDS; tries++) {
            JsonNode targets = MAPPER.readTree(
                    client.send(request, HttpResponse.BodyHandlers.ofString()).body());
            for (JsonNode target : targets) {
                if (target.path("type").asText().equals("page")) {
                    return target.path("webSocketDebuggerUrl").asText();
                }
            }
            Thread.sleep(100);
        }
        throw new IOException("Chromium opens no page");
    }

    /** Opens a file, so wide, with scripts or without, and waits until it is complete and its charts are drawn. */
    void open(Path file, int width, boolean scripts) {
        complaints.clear();
        requests.clear();
        call("Emulation.setScriptExecutionDisabled", parameters().put("value", !scripts));
        call(
                "Emulation.setDeviceMetricsOverride",
                parameters()
                        .put("width", width)
                        .put("height", 900)
                        .put("deviceScaleFactor", 1)
                        .put("mobile", width < 600));
        call("Page.navigate", parameters().put("url", file.toUri().toString()));
        await("document.readyState === 'complete' && location.protocol === 'file:'");
        if (scripts) {
            await("document.documentElement.dataset.drawn !== undefined");
        }
    }

    private void await(String condition) {
        for (int tries = 0; tries < 20 * SECONDS; tries++) {
            if (evaluate(condition).asBoolean()) {
                return;
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
        throw new IllegalStateException("never came true: " + condition + "; " + complaints);
    }

    /** The value of an expression in the page, also where the page's own scripts are off. */
    JsonNode evaluate(String expression) {
        return call(
                        "Runtime.evaluate",
                        parameters()
                                .put("expression", expression)
                                .put("returnByValue", true)
                                .put("awaitPromise", true))
                .path("result")
                .path("value");
    }

    /** Errors and warnings: of scripts, of the console, and of what the policy of the page refuses. */
    List<String> complaints() {
        evaluate("1");
        return List.copyOf(complaints);
    }

    /** The addresses of everything but the page that it asked for. */
    List<String> requests() {
        evaluate("1");
        return List.copyOf(requests);
    }

    private static ObjectNode parameters() {
        return MAPPER.createObjectNode();
    }

    private JsonNode call(String method) {
        return call(method, parameters());
    }

    /** Sends a command and takes messages until its answer comes; those before it are in the order of what happened. */
    private JsonNode call(String method, ObjectNode parameters) {
        int id = ++calls;
        ObjectNode command = parameters().put("id", id).put("method", method);
        command.set("params", parameters);
        socket.sendText(command.toString(), true).join();
        try {
            while (true) {
                JsonNode message = messages.poll(SECONDS, TimeUnit.SECONDS);
                if (message == null) {
                    throw new IllegalStateException("no answer to " + method);
                }
                if (message.path("id").asInt() == id) {
                    if (message.has("error")) {
                        throw new IllegalStateException(method + ": " + message.path("error"));
                    }
                    return message.path("result");
                }
                note(message.path("method").asText(), message.path("params"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void note(String event, JsonNode details) {
        switch (event) {
            case "Runtime.exceptionThrown" ->
                complaints.add(details.path("exceptionDetails").toString());
            case "Runtime.consoleAPICalled" ->
                complaints.add(details.path("args").toString());
            case "Log.entryAdded" ->
                complaints.add(details.path("entry").path("text").asText());
            case "Network.requestWillBeSent" -> {
                if (!details.path("type").asText().equals("Document")) {
                    requests.add(details.path("request").path("url").asText());
                }
            }
            default -> {
                // Tells nothing that tests look at.
            }
        }
    }

    @Override
    public void close() {
        socket.abort();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().onExit().join();
    }

    /** Puts messages together that come in parts. */
    private static final class Messages implements WebSocket.Listener {

        private final BlockingQueue<JsonNode> messages;
        private final StringBuilder text = new StringBuilder();

        Messages(BlockingQueue<JsonNode> messages) {
            this.messages = messages;
        }

        @Override
        public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                try {
                    messages.add(MAPPER.readTree(text.toString()));
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
                text.setLength(0);
            }
            webSocket.request(1);
            return null;
        }
    }
}
