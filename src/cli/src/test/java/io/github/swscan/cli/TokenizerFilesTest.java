package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.fixture.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models whose tokenizer is in other files than a tokenizer.json. */
class TokenizerFilesTest {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void copyModel() throws IOException {
        model = Models.copy(Models.CRITICAL, folder.resolve("model"));
    }

    /** The vocabulary of the sample model, as GPT-2's files have it. */
    private void writeFilesOfGpt2(String tokenizerClass) throws IOException {
        Path file = model.resolve("tokenizer.json");
        JsonNode tokenizer = MAPPER.readTree(file.toFile()).get("model");
        Files.delete(file);
        List<String> merges = new ArrayList<>(List.of("#version: 0.2"));
        tokenizer
                .get("merges")
                .forEach(merge -> merges.add(
                        merge.isTextual()
                                ? merge.textValue()
                                : merge.get(0).textValue() + " " + merge.get(1).textValue()));
        Files.writeString(model.resolve("vocab.json"), tokenizer.get("vocab").toString());
        Files.write(model.resolve("merges.txt"), merges);
        Files.writeString(model.resolve("tokenizer_config.json"), """
                {"tokenizer_class": "%s", "bos_token": "<s>", "eos_token": "<s>", "unk_token": "<s>",
                 "add_bos_token": true}
                """.formatted(tokenizerClass));
    }

    private JsonNode detect(Path detected, String... more) throws IOException {
        Path report = folder.resolve("report.json");
        List<String> arguments = new ArrayList<>(
                List.of("detect", detected.toString(), "-q", "--max-tokens", "200", "--report", report.toString()));
        arguments.addAll(List.of(more));
        CommandRun run = CommandRun.of(arguments.toArray(String[]::new));
        assertThat(run.err()).isEmpty();
        return MAPPER.readTree(report.toFile());
    }

    @Test
    void tokensAreThoseOfTheTokenizerJson() throws IOException {
        JsonNode expected = detect(Models.CRITICAL);
        writeFilesOfGpt2("GPT2Tokenizer");

        JsonNode report = detect(model);

        assertThat(report.at("/run/tokenSource").textValue()).isEqualTo("prompts");
        assertThat(report.get("baseline")).isEqualTo(expected.get("baseline")).isNotNull();
        assertThat(report.get("superWeights")).isEqualTo(expected.get("superWeights"));
        assertThat(CommandRun.of("inspect", model.toString()).out())
                .contains("tokenizer   vocab.json and merges.txt\n");
    }

    @Test
    void classThatIsNotSupportedIsNamedAndLeavesTokenIds() throws IOException {
        writeFilesOfGpt2("CTRLTokenizer");
        String complaint = "tokenizer_class: \"CTRLTokenizer\" is not supported with vocab.json and merges.txt";
        Path ids = Files.writeString(folder.resolve("ids.json"), "[[1, 2, 3, 4, 5, 6, 7, 8]]");

        CommandRun.of("detect", model.toString()).assertFailed(3, complaint, "give --token-ids FILE");
        CommandRun.of("ablate", model.toString(), "--weight", "1:2:3").assertFailed(3, complaint);
        assertThat(CommandRun.of("inspect", model.toString()).out().replaceAll("\\s+", " "))
                .contains("tokenizer none (" + complaint + ")");
        assertThat(detect(model, "--token-ids", ids.toString())
                        .at("/run/tokenSource")
                        .textValue())
                .isEqualTo("token-ids");
        CommandRun ablation = CommandRun.of(
                "ablate",
                model.toString(),
                "--weight",
                "1:2:3",
                "-q",
                "--token-ids",
                ids.toString(),
                "--report",
                folder.resolve("ablation.json").toString());
        assertThat(ablation.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"vocab.json", "merges.txt", "source.spm", "tokenizer.model.v3", "rwkv_vocab_v20230424.txt"})
    void fileThatIsNotSupportedIsNamedInPlaceOfRandomIds(String name) throws IOException {
        Files.delete(model.resolve("tokenizer.json"));
        Files.writeString(model.resolve(name), "{}");

        CommandRun.of("detect", model.toString())
                .assertFailed(
                        3,
                        name + ": is a tokenizer's file that is not supported",
                        "put the model's tokenizer.json beside it, or give --token-ids FILE");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tekken.json",
                "tokenizer.model",
                "spiece.model",
                "vocab.json",
                "merges.txt",
                "tokenizer_config.json",
                "special_tokens_map.json",
                "added_tokens.json"
            })
    void pointerOfGitLfsIsRefusedAsOne(String name) throws IOException {
        writeFilesOfGpt2("GPT2Tokenizer");
        Files.writeString(model.resolve(name), "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n");

        CommandRun.of("detect", model.toString())
                .assertFailed(3, name + ": is a Git LFS pointer, not the file itself; run 'git lfs pull'");
    }

    @Test
    void folderInPlaceOfAVocabularyIsNamed() throws IOException {
        Files.delete(model.resolve("tokenizer.json"));
        Files.createDirectory(model.resolve("qwen.tiktoken"));
        Files.writeString(model.resolve("tokenizer_config.json"), "{\"tokenizer_class\": \"QWenTokenizer\"}");

        CommandRun.of("detect", model.toString()).assertFailed(3, "qwen.tiktoken: is a folder, not a file");
    }

    @Test
    void tokenizerJsonGoesBeforeOtherFiles() throws IOException {
        Files.writeString(model.resolve("vocab.json"), "no vocabulary");
        Files.writeString(model.resolve("tokenizer.model"), "no model");

        assertThat(detect(model).at("/run/tokenSource").textValue()).isEqualTo("prompts");
    }
}
