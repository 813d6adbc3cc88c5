package io.github.swscan.checkpoint.copy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.StoredCodes;
import io.github.swscan.checkpoint.copy.CheckpointCopy.Change;
import io.github.swscan.checkpoint.copy.CheckpointCopy.Written;
import io.github.swscan.checkpoint.tensor.CodePlace;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.CodedTensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Copies in which codes are others: of each format all bits but those of the codes stay, and the numbers are those told. */
class EditedCodesTest {

    @TempDir
    private Path folder;

    /** Formats whose files are not written are left out. */
    static List<Arguments> tensors() {
        return CodedTensors.all()
                .filter(arguments -> !arguments.get()[0].toString().endsWith("-bin"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("tensors")
    void theCopyHasTheNumbersThatAreToldAndAllOtherBits(String model, String name) throws IOException {
        Path original = CodedTensors.path(model);
        Checkpoint checkpoint = CodedTensors.open(original);
        TensorInfo tensor = checkpoint.find(name).orElseThrow();
        List<Change> changes = changes(checkpoint, tensor);
        CheckpointCopy copy = new CheckpointCopy(CheckpointLocation.find(original), checkpoint);
        List<Written> written = copy.written(changes);
        Path to = folder.resolve("copy");

        copy.write(to, written, bytes -> {});

        Path copied = Files.isDirectory(original) ? to : to.resolve(original.getFileName());
        Checkpoint edited = CodedTensors.open(copied);
        float[] expected = CodedTensors.numbers(checkpoint, tensor);
        for (int i = 0; i < changes.size(); i++) {
            assertThat(written.get(i).change()).isEqualTo(changes.get(i));
            expected[(int) changes.get(i).element()] = written.get(i).value();
        }
        assertThat(CodedTensors.numbers(edited, edited.find(name).orElseThrow()))
                .isEqualTo(expected);
        assertThat(masked(original, tensor, changes)).isEqualTo(masked(to, tensor, changes));
    }

    /** Each another element, removed, turned round or made smaller. */
    private static List<Change> changes(Checkpoint checkpoint, TensorInfo tensor) {
        Random random = new Random(5);
        float[] numbers = CodedTensors.numbers(checkpoint, tensor);
        List<Change> changes = new ArrayList<>();
        for (long element :
                random.longs(0, tensor.elements()).distinct().limit(20).toArray()) {
            float factor = List.of(0f, -1f, 0.4f).get(changes.size() % 3);
            changes.add(new Change(tensor.name(), element, factor * numbers[(int) element]));
        }
        return changes;
    }

    /** All files of a model by name, with zeros for the bits of codes that are changed. */
    private static Map<String, String> masked(Path model, TensorInfo tensor, List<Change> changes) throws IOException {
        Map<String, byte[]> contents = new HashMap<>();
        Path folder = Files.isDirectory(model) ? model : model.getParent();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(file -> Files.isDirectory(model) || file.equals(model))
                    .toList()) {
                contents.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        for (Change change : changes) {
            CodePlace place = StoredCodes.of(tensor).orElseThrow().code(change.element());
            byte[] bytes = contents.get(place.place().file().getFileName().toString());
            place.bytesOfFile(0).forEach(bits -> bytes[(int) bits.index()] = bits.in(bytes[(int) bits.index()]));
        }
        Map<String, String> digests = new HashMap<>();
        contents.forEach((name, bytes) -> digests.put(name, new String(bytes, StandardCharsets.ISO_8859_1)));
        return digests;
    }
}
