package io.github.swscan.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.swscan.fixture.ReadOrRefused;
import io.github.swscan.fixture.SeedsFirst;
import io.github.swscan.input.LocalSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.ArgumentsSource;

class WeightIndexFuzzTest {

    @TempDir
    private static Path folder;

    /** Whatever is accepted does not lead out of the folder. */
    @ArgumentsSource(SeedsFirst.class)
    @FuzzTest
    void file(byte[] content) throws IOException {
        Path file = Files.write(folder.resolve("model.safetensors.index.json"), content);
        ReadOrRefused.check(
                file, path -> assertThat(WeightIndex.read(LocalSource.of(path)).shards())
                        .isNotEmpty()
                        .doesNotHaveDuplicates()
                        .allSatisfy(shard -> assertThat(
                                        folder.resolve(shard).normalize().getParent())
                                .isEqualTo(folder)));
    }
}
