package io.github.swscan.checkpoint;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.swscan.checkpoint.StateDict.Place;
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
