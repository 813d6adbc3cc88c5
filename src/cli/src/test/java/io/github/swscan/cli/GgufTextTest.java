package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.fixture.GgufCheckpoint;
import io.github.swscan.fixture.GgufCheckpoint.Format;
import io.github.swscan.fixture.GgufWriter;
import io.github.swscan.fixture.Models;
import io.github.swscan.fixture.TestResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How text is read for a GGUF file, with the tokenizer in its metadata or without. */
class GgufTextTest {

    private static final Path PLANTED = TestResources.at("planted/one-llama");
    private static final String UNSUPPORTED = "tokenizer.ggml.pre: the pre-tokenizer \"viking\" is not supported";

    @TempDir
    private Path folder;

    private Path file(GgufWriter writer) {
        return writer.write(folder.resolve("model.gguf"));
    }

    private static GgufWriter withPre(String pre) {
        return GgufCheckpoint.of(PLANTED, Format.F32)
                .key("tokenizer.ggml.model", "gpt2")
                .key("tokenizer.ggml.pre", pre)
                .list("tokenizer.ggml.tokens", List.of("<s>", "a"));
    }

    private JsonNode detect(Path model, String... more) throws IOException {
        Path report = folder.resolve("report.json");
        String[] usual = {"detect", model.toString(), "-q", "--report", report.toString()};
        String[] all = java.util.Arrays.copyOf(usual, usual.length + more.length);
        System.arraycopy(more, 0, all, usual.length, more.length);
        CommandRun run = CommandRun.of(all);
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        return JsonMapper.builder().build().readTree(report.toFile());
    }

    @Test
    void unsupportedTokenizersLeaveRandomIdsAndAreNamed() throws IOException {
        Path model = file(withPre("viking"));
        JsonNode report = detect(model);

        assertThat(report.at("/run/tokenSource").textValue()).isEqualTo("synthetic");
        assertThat(report.get("notes").toString())
                .contains("The GGUF file's tokenizer cannot be used (" + UNSUPPORTED.replace("\"", "\\\"")
                        + "): peaks and effects come from random token ids");
        assertThat(CommandRun.of("inspect", model.toString()).out().replaceAll("\\s+", " "))
                .contains("none (" + UNSUPPORTED + ")");
        CommandRun.of("detect", model.toString(), "--prompt", "a")
                .assertFailed(
                        3, UNSUPPORTED, "put the model's tokenizer.json beside the file, or give --token-ids FILE");
    }

    @Test
    void malformedTokenizersAreRefusedUnlessTheyAreNotNeeded() throws IOException {
        Path model = file(withPre("gpt-2").list("tokenizer.ggml.merges", List.of("a b")));
        Path ids = Files.writeString(folder.resolve("ids.json"), "[[1, 2, 3, 4, 5]]");

        CommandRun.of("detect", model.toString())
                .assertFailed(3, "tokenizer.ggml.merges: has \"a b\", but \"b\" is no token");
        assertThat(detect(model, "--token-ids", ids.toString())
                        .at("/run/tokenSource")
                        .textValue())
                .isEqualTo("token-ids");
    }

    @Test
    void tokenizerFileBesideTheModelIsTaken() throws IOException {
        GgufWriter unusable = GgufCheckpoint.of(Models.CRITICAL, Format.BF16)
                .key("tokenizer.ggml.model", 3)
                .list("tokenizer.ggml.tokens", List.of("a", "a"));
        Path model = file(unusable);
        Files.copy(Models.CRITICAL.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));

        assertThat(CommandRun.of("inspect", model.toString()).out()).contains("tokenizer   tokenizer.json\n");
        assertThat(detect(model, "--max-tokens", "40").at("/run/tokenSource").textValue())
                .isEqualTo("prompts");
    }

    @Test
    void fileTellsThatItHasATokenizer() {
        Path model = file(GgufCheckpoint.withTokenizer(Models.CRITICAL, Format.BF16));

        assertThat(CommandRun.of("inspect", model.toString()).out()).contains("tokenizer   in the GGUF file\n");
    }
}
