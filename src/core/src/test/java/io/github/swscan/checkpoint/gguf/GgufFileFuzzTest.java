package io.github.swscan.checkpoint.gguf;

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
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.ArgumentsSource;

class GgufFileFuzzTest {

    @TempDir
    private static Path folder;

    /** The first and the last block of each tensor are decoded as well. */
    @ArgumentsSource(SeedsFirst.class)
    @FuzzTest
    void file(byte[] content) throws IOException {
        Path file = Files.write(folder.resolve("model.gguf"), content);
        ReadOrRefused.checkTensors(file, content.length, path -> {
            List<TensorInfo> tensors = GgufFile.read(LocalSource.of(path)).tensors();
            if (!tensors.isEmpty()) {
                decode(path);
            }
            return tensors;
        });
    }

    private static void decode(Path file) {
        Checkpoint checkpoint = Checkpoint.open(CheckpointLocation.find(file));
        for (TensorInfo tensor : checkpoint.tensors().values()) {
            if (tensor.dtype().isComputable()) {
                int count = (int) Math.min(tensor.elements(), tensor.dtype().blockElements());
                checkpoint.floats(tensor, 0, count, 1);
                checkpoint.floats(tensor, tensor.elements() - count, count, 1);
            }
        }
    }
}
