package io.github.swscan.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.architecture.family.Config;
import io.github.swscan.checkpoint.gguf.GgufMetadata;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.PoisoningSource;
import io.github.swscan.fixture.StoredBytes;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.fixture.TokenizerFiles;
import io.github.swscan.fixture.TorchFile;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.LocalSource;
import io.github.swscan.text.tokenizer.Tokenizer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the bytes come from makes no difference. */
class SourcesTest {

    private static final Path RESOURCES = TestResources.at("");
    private static final Path LLAMA = RESOURCES.resolve("reference/llama");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "reference/llama",
                "reference/llama-sharded3",
                "reference/llama-bf16",
                "reference/llama-fp16",
                "quantized/deepseek_v3-block16",
                "quantized/llama-e5m2-tensor",
                "float8/patterns.safetensors",
                "reference/llama-bin",
                "reference/llama-bin-sharded3",
                "reference/llama-bin-legacy",
                "quantized/llama-block16-bin",
                "torchscript/gpt2/model.pt",
                "torchscript/llama-lite/model.pt",
                "gguf/llama.gguf",
                "gguf/phi3-longrope.gguf",
                "blocks/blocks.gguf"
            })
    void everyFormatReadsTheSame(String model) {
        assertThatItReadsTheSame(RESOURCES.resolve(model));
    }

    @Test
    void elementsThatDoNotLieOneAfterTheOtherReadTheSame(@TempDir Path folder) {
        assertThatItReadsTheSame(new TorchFile()
                .op('}', '(')
                .text("transposed")
                .tensor("0", 6, 0, List.of(3, 2), List.of(1, 3))
                .op('u')
                .storage("0", 0, 1, 2, 3, 4, 5)
                .write(folder.resolve("model.pt")));
    }

    private static void assertThatItReadsTheSame(Path model) {
        CheckpointLocation location = CheckpointLocation.find(model);
        PoisoningSource.Folder elsewhere =
                new PoisoningSource.Folder(location.repository().name());
        CheckpointLocation found = Files.isDirectory(model)
                ? CheckpointLocation.inRepository(model, elsewhere)
                : CheckpointLocation.ofFile(model, elsewhere);
        Checkpoint expected = Checkpoint.open(location);
        Checkpoint read = Checkpoint.open(found);

        assertThat(found)
                .usingRecursiveComparison()
                .ignoringFields("repository", "sources")
                .isEqualTo(location);
        assertThat(read.tensors()).isEqualTo(expected.tensors());
        assertThat(read.files()).isEqualTo(expected.files());
        assertThat(read.metadata().map(SourcesTest::values))
                .isEqualTo(expected.metadata().map(SourcesTest::values));
        read.tensors().values().stream()
                .filter(tensor -> tensor.dtype().isComputable())
                .forEach(tensor -> assertThatNumbersAreTheSame(tensor, read, expected));
        assertThat(read.tensors().values()).allSatisfy(tensor -> assertThat(StoredBytes.of(read, tensor))
                .isEqualTo(StoredBytes.of(expected, tensor)));
        assertThat(elsewhere.poisoned()).as("readings").isPositive();
        read.checkUnchanged();
    }

    private static void assertThatNumbersAreTheSame(TensorInfo tensor, Checkpoint read, Checkpoint expected) {
        int elements = (int) tensor.elements();
        assertThat(read.floats(tensor, 0, elements, 1)).isEqualTo(expected.floats(tensor, 0, elements, 1));
        int everyThird = (elements + 2) / 3;
        assertThat(read.floats(tensor, 0, everyThird, 3)).isEqualTo(expected.floats(tensor, 0, everyThird, 3));
        FloatBuffer decoded = FloatBuffer.allocate(elements);
        read.decode(tensor, 0, StoredBytes.of(read, tensor), decoded);
        assertThat(decoded.array()).isEqualTo(expected.floats(tensor, 0, elements, 1));
    }

    private static Map<String, Object> values(GgufMetadata metadata) {
        return metadata.keys().stream()
                .collect(Collectors.toMap(key -> key, key -> metadata.value(key).orElseThrow()));
    }

    @Test
    void indexesAndDescriptionsReadTheSame() {
        Path config = LLAMA.resolve("config.json");
        Path index = RESOURCES.resolve("reference/llama-sharded3/model.safetensors.index.json");

        assertThat(Config.read(elsewhere(config))).isEqualTo(Config.read(LocalSource.of(config)));
        assertThat(WeightIndex.read(elsewhere(index)).weightMap())
                .isEqualTo(WeightIndex.read(LocalSource.of(index)).weightMap());
    }

    @Test
    void tokenizersReadTheSame() {
        try (Tokenizer read = Tokenizer.read(elsewhere(TokenizerFiles.SAMPLE), TokenizerFiles.SAMPLE_VOCABULARY);
                Tokenizer expected =
                        Tokenizer.read(LocalSource.of(TokenizerFiles.SAMPLE), TokenizerFiles.SAMPLE_VOCABULARY)) {
            assertThat(read.encode("one and another")).isEqualTo(expected.encode("one and another"));
        }
    }

    private static ByteSource elsewhere(Path file) {
        return new PoisoningSource(LocalSource.of(file));
    }
}
