package io.github.swscan.checkpoint.pytorch;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.swscan.checkpoint.pytorch.StateDict.Place;
import io.github.swscan.fixture.ReadOrRefused;
import io.github.swscan.fixture.SeedsFirst;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import org.junit.jupiter.params.provider.ArgumentsSource;

class PyTorchUnpicklerFuzzTest {

    private static final Place STORAGE = new Place(64, 1024);

    /** Every storage that the pickle names is the same part of a file that is not there. */
    @ArgumentsSource(SeedsFirst.class)
    @FuzzTest
    void pickle(byte[] bytes) {
        ReadOrRefused.checkTensors(Path.of("model.pt"), STORAGE.offset() + STORAGE.bytes(), file -> {
            Object pickled = PyTorchUnpickler.read(file, "data.pkl", new ByteArrayInputStream(bytes));
            return StateDict.tensors(file, pickled, key -> STORAGE);
        });
    }
}
