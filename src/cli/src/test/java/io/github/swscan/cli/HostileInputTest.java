package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.swscan.fixture.HostileConsolidated;
import io.github.swscan.fixture.HostileFolders;
import io.github.swscan.fixture.HostileGguf;
import io.github.swscan.fixture.HostileInput;
import io.github.swscan.fixture.HostilePyTorch;
import io.github.swscan.fixture.HostileSafetensors;
import io.github.swscan.fixture.TestResources;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Files as strangers may make them: whatever is wrong, the program says so in one line that names the file, ends with the
 * code for unusable input, and has written nothing.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the corpus holds links and devices")
class HostileInputTest {

    @TempDir
    private static Path folder;

    /** What was there before the program ran, and what it said. */
    private record Refusal(HostileInput input, Path model, Map<String, String> before, CommandRun run) {}

    private static List<Refusal> refusals;

    private static Stream<HostileInput> corpus() {
        return Stream.of(
                        HostileSafetensors.all(),
                        HostilePyTorch.all(),
                        HostileGguf.all(),
                        HostileConsolidated.all(),
                        HostileFolders.all(),
                        HostileDescriptions.all())
                .flatMap(inputs -> inputs);
    }

    /**
     * Makes the corpus and has another process run the program on each. PyTorch's library is not on its class path: to
     * start the engine would be another failure, with another code.
     */
    @BeforeAll
    static void run() throws IOException, InterruptedException {
        List<HostileInput> corpus = corpus().toList();
        List<Map<String, String>> before = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < corpus.size(); i++) {
            Path model = Files.createDirectories(model(i));
            corpus.get(i).making().in(model);
            before.add(state(model.getParent()));
            lines.add(String.join("\t", corpus.get(i).argumentsFor(model)));
        }
        Path list = Files.write(folder.resolve("list"), lines);
        String withoutPyTorch = Arrays.stream(
                        System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("pytorch-"))
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>(List.of(ChildJvm.java(), "-Xshare:auto", "-Xmx512m"));
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-cp", withoutPyTorch));
        command.addAll(List.of(ManyRuns.class.getName(), list.toString()));
        CommandRun all = ChildJvm.finish(
                ChildJvm.builder(Path.of("").toAbsolutePath(), command).start());
        assertThat(all.err()).isEmpty();
        JsonNode runs = new ObjectMapper().readTree(all.out());
        refusals = new ArrayList<>();
        for (int i = 0; i < corpus.size(); i++) {
            CommandRun run = new CommandRun(
                    runs.at("/%d/code".formatted(i)).asInt(-1),
                    runs.at("/%d/out".formatted(i)).asText(),
                    runs.at("/%d/err".formatted(i)).asText());
            refusals.add(new Refusal(corpus.get(i), model(i), before.get(i), run));
        }
    }

    /** JUnit warns of every link out of a temporary folder that it deletes. */
    @AfterAll
    static void deleteLinks() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path link : files.filter(Files::isSymbolicLink).toList()) {
                Files.delete(link);
            }
        }
    }

    private static Path model(int number) {
        return folder.resolve(Integer.toString(number)).resolve("model");
    }

    /** Runs the program for each line of a file, and prints what came of it. */
    static final class ManyRuns {

        private ManyRuns() {}

        public static void main(String... arguments) throws IOException {
            Path list = Path.of(arguments[0]);
            List<CommandRun> runs = new ArrayList<>();
            for (String line : Files.readAllLines(list)) {
                Path report = list.resolveSibling(Integer.toString(runs.size())).resolve("report.json");
                List<String> all = new ArrayList<>(List.of("detect", "--report", report.toString()));
                all.addAll(List.of(line.split("\t")));
                runs.add(CommandRun.of(all.toArray(String[]::new)));
            }
            System.out.println(new ObjectMapper().writeValueAsString(runs));
        }
    }

    @Test
    void theCorpusIsLarge() {
        assertThat(corpus()).hasSizeGreaterThan(400);
    }

    @TestFactory
    Stream<DynamicTest> isRefusedInOneLine() {
        return refusals.stream()
                .map(refusal -> dynamicTest(refusal.input().name(), () -> {
                    assertRefused(refusal.run(), refusal.input().complaint().toArray(String[]::new));
                    assertThat(state(refusal.model().getParent())).isEqualTo(refusal.before());
                }));
    }

    /** The header may end anywhere, or the data. */
    @ParameterizedTest
    @CsvSource({
        "reference/llama-f32/model.safetensors, reference/llama-f32/config.json",
        "reference/llama-bin/pytorch_model.bin, reference/llama-bin/config.json",
        "reference/llama-bin-legacy/pytorch_model.bin, reference/llama-bin-legacy/config.json",
        "torchscript/llama-bf16/model.pt, torchscript/llama-bf16/config.json",
        "gguf/llama.gguf, reference/llama/config.json"
    })
    void aFileCutAtAnyKilobyteIsRefused(String whole, String config, @TempDir Path own) throws IOException {
        byte[] content = Files.readAllBytes(TestResources.at(whole));
        Path model = Files.createDirectory(own.resolve("model"));
        Files.copy(TestResources.at(config), model.resolve("config.json"));
        Path file = model.resolve(Path.of(whole).getFileName());
        for (int length = 0; length < content.length; length += 1024) {
            Files.write(file, Arrays.copyOf(content, length));
            Map<String, String> before = state(own);

            CommandRun run = CommandRun.of("detect", model.toString(), "--report", own + "/report.json");

            assertRefused(run, "swscan: " + file + ": ");
            assertThat(state(own)).isEqualTo(before);
        }
    }

    private static void assertRefused(CommandRun run, String... complaint) {
        run.assertFailed(ExitCode.UNUSABLE_INPUT, complaint);
        assertThat(run.err()).startsWith("swscan: ").hasSizeLessThan(2000).doesNotContain("Exception", "\tat ");
    }

    /** All that is in a folder: sizes and times. That of the folder itself changes when it is seen to be writable. */
    private static Map<String, String> state(Path in) throws IOException {
        Map<String, String> state = new TreeMap<>();
        try (Stream<Path> files = Files.walk(in)) {
            for (Path file : files.filter(file -> !file.equals(in)).toList()) {
                state.put(
                        file.toString(),
                        Files.readAttributes(file, "size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS)
                                .toString());
            }
        }
        return state;
    }
}
