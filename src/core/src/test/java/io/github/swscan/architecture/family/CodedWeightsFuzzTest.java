package io.github.swscan.architecture.family;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.ReadOrRefused;
import io.github.swscan.fixture.SeedsFirst;
import io.github.swscan.input.LocalSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.ArgumentsSource;

/** The first line of an input says how weights are quantized, as config.json does; the rest is a safetensors file. */
class CodedWeightsFuzzTest {

    /** Decoding all of a large one would take its time. */
    private static final int MOST_NUMBERS = 1 << 16;

    @TempDir
    private static Path folder;

    /** Whatever is accepted has as many numbers as its shape says. */
    @ArgumentsSource(SeedsFirst.class)
    @FuzzTest
    void file(byte[] content) throws IOException {
        int line = 0;
        while (line < content.length && content[line] != '\n') {
            line++;
        }
        Path said = Files.write(folder.resolve("config.json"), Arrays.copyOf(content, line));
        Path file = Files.write(
                folder.resolve("model.safetensors"),
                Arrays.copyOfRange(content, Math.min(line + 1, content.length), content.length));
        ReadOrRefused.check(said, path -> {
            Config config = Config.read(LocalSource.of(path));
            ReadOrRefused.check(file, tensors -> decode(new Config(tensors, config.options()), tensors));
        });
    }

    /** @param config under the tensors' name, so that whatever is refused is so under it */
    private static void decode(Config config, Path tensors) {
        QuantizationReader.read(config);
        Checkpoint stored = Checkpoint.open(CheckpointLocation.find(tensors));
        Checkpoint decoded = QuantizedWeights.decoded(config, LibraryNames.replaced(stored));
        for (TensorInfo tensor : decoded.tensors().values()) {
            boolean coded = tensor.codes().isPresent() || tensor.scales().isPresent();
            if (coded && tensor.elements() <= MOST_NUMBERS) {
                assertThat(decoded.floats(tensor, 0, (int) tensor.elements(), 1))
                        .hasSize((int) tensor.elements());
            }
        }
    }
}
