package io.github.swscan.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.FileChange;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import io.github.swscan.fixture.StoredBytes;
import io.github.swscan.input.ChangedInputException;
import io.github.swscan.input.LocalSource;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.MissingInputException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
    private static final String FIRST = "model-00001-of-00002.safetensors";
    private static final String SECOND = "model-00002-of-00002.safetensors";
    private static final long GIB = 1L << 30;

    @TempDir
    private Path folder;

    @Test
    void shardsAreOneModel() {
        Map<String, Tensor> first = new LinkedHashMap<>();
        first.put("z", Tensor.float32(List.of(2L), 1, 2));
        first.put("y", Tensor.float32(List.of(1L), 3));
        SafetensorsWriter.writeSharded(folder, List.of(first, Map.of("a", Tensor.float32(List.of(1L, 1L), 4))));

        Checkpoint checkpoint = open();

        assertThat(checkpoint.tensors().keySet()).containsExactly("z", "y", "a");
        assertThat(checkpoint.find("a").orElseThrow().file()).isEqualTo(folder.resolve(SECOND));
        assertThat(checkpoint.find("b")).isEmpty();
        assertThat(checkpoint.files()).containsExactly(description(FIRST), description(SECOND));
        assertThat(floats(checkpoint, "z")).containsExactly(1, 2);
        assertThat(floats(checkpoint, "y")).containsExactly(3);
        assertThat(floats(checkpoint, "a")).containsExactly(4);
    }

    @Test
    void tensorsCannotBeChanged() {
        Map<String, TensorInfo> tensors = single().tensors();

        assertThatThrownBy(tensors::clear).isInstanceOf(UnsupportedOperationException.class);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void memoryIsFilledFromItsPositionToItsLimit(boolean direct) {
        Checkpoint checkpoint = single();
        ByteBuffer memory = (direct ? ByteBuffer.allocateDirect(20) : ByteBuffer.allocate(20))
                .order(ByteOrder.LITTLE_ENDIAN)
                .position(4)
                .limit(12);

        checkpoint.read(checkpoint.find("a").orElseThrow(), 4, memory);

        assertThat(memory.position()).isEqualTo(12);
        assertThat(memory.limit()).isEqualTo(12);
        memory.clear();
        assertThat(memory.getFloat(0)).isZero();
        assertThat(memory.getFloat(4)).isEqualTo(2);
        assertThat(memory.getFloat(8)).isEqualTo(3);
        assertThat(memory.getFloat(12)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"-1, 1", "0, 17", "16, 1", "17, 0", "9223372036854775807, 1", "-9223372036854775808, 1"})
    void sliceOutsideTheTensorIsRefused(long from, int length) {
        Checkpoint checkpoint = single();
        TensorInfo tensor = checkpoint.find("a").orElseThrow();

        assertThatIllegalArgumentException().isThrownBy(() -> StoredBytes.of(checkpoint, tensor, from, length));
    }

    @Test
    void tensorOfAnotherCheckpointIsRefused() {
        TensorInfo foreign = new TensorInfo("a", DType.U8, List.of(1L), folder.resolve("other"), 8, 1);

        assertThatIllegalArgumentException().isThrownBy(() -> StoredBytes.of(single(), foreign));
    }

    @Test
    void sliceMayBeEmpty() {
        SafetensorsWriter.write(folder.resolve("model.safetensors"), Map.of("a", Tensor.float32(List.of(0L))));
        Checkpoint checkpoint = open();

        assertThat(StoredBytes.of(checkpoint, checkpoint.find("a").orElseThrow())
                        .capacity())
                .isZero();
    }

    @Test
    void tensorInTwoShardsIsRefusedWhereNoIndexSaysWhichCounts() {
        Map<String, Tensor> same = Map.of("a", Tensor.float32(List.of(1L), 1));
        SafetensorsWriter.writeSharded(folder, List.of(same, same));
        SafetensorsWriter.writeIndex(folder, Map.of("b", FIRST, "c", SECOND));

        assertThatExceptionOfType(MalformedInputException.class)
                .isThrownBy(this::open)
                .withMessageContaining(SECOND + ": a: is in \"" + FIRST + "\" too");
    }

    @ParameterizedTest
    @ValueSource(strings = {FIRST, SECOND})
    void ofATensorInTwoShardsTheOneCountsThatTheIndexNames(String named) {
        SafetensorsWriter.writeSharded(
                folder,
                List.of(
                        Map.of("a", Tensor.float32(List.of(1L), 1), "b", Tensor.float32(List.of(1L), 1)),
                        Map.of("a", Tensor.float32(List.of(1L), 2), "c", Tensor.float32(List.of(1L), 2))));
        SafetensorsWriter.writeIndex(folder, Map.of("a", named, "b", FIRST, "c", SECOND));

        Checkpoint checkpoint = open();

        assertThat(checkpoint.find("a").orElseThrow().file()).hasFileName(named);
        assertThat(checkpoint.note().orElseThrow()).contains("which of several files \"a\" counts in");
    }

    /** Of some lengths of the header, the bytes are also those that a pickle begins with. */
    @Test
    void theFirstBytesOfAHeaderAreNotTakenForThoseOfAPickle() {
        for (int length = 640; length < 640 + 256; length += 8) {
            String name = "n".repeat(length - 60);
            SafetensorsWriter.write(folder.resolve("model.safetensors"), Map.of(name, Tensor.float32(List.of(1L), 1)));

            assertThat(open().tensors()).containsOnlyKeys(name);
        }
    }

    @Test
    void whatIsStoredDecidesAndWhatTheIndexSaysOtherwiseIsNoted() {
        SafetensorsWriter.writeSharded(folder, twoShards());
        SafetensorsWriter.writeIndex(folder, new TreeMap<>(Map.of("b", SECOND, "a", SECOND, "c", FIRST, "d", FIRST)));

        Checkpoint checkpoint = open();

        assertThat(checkpoint.tensors()).containsOnlyKeys("a", "b");
        assertThat(checkpoint.note())
                .contains("The index \"model.safetensors.index.json\" names \"c\" and 1 more, which no file has"
                        + " and looks for \"a\" in another file.");
    }

    @Test
    void tensorThatTheIndexDoesNotNameIsIncluded() {
        Map<String, Tensor> shard = new LinkedHashMap<>();
        shard.put("a", Tensor.float32(List.of(1L), 1));
        shard.put("b", Tensor.float32(List.of(1L), 2));
        SafetensorsWriter.writeSharded(folder, List.of(shard));
        SafetensorsWriter.writeIndex(folder, Map.of("b", "model-00001-of-00001.safetensors"));

        assertThat(open().tensors()).containsOnlyKeys("a", "b");
    }

    @Test
    void tensorOfMoreThanTwoGibibytesIsReadInSlices() throws IOException {
        long bytes = 5 * GIB + 7;
        Path file = sparse(bytes);
        Checkpoint checkpoint = open();
        TensorInfo tensor = checkpoint.find("big").orElseThrow();
        long[] marks = {0, GIB - 1, GIB, 2 * GIB - 1, 2 * GIB, 3 * GIB + 5, bytes - 1};
        try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
            for (int mark = 0; mark < marks.length; mark++) {
                content.seek(tensor.offset() + marks[mark]);
                content.write(mark + 1);
            }
        }
        Checkpoint written = open();

        for (int mark = 0; mark < marks.length; mark++) {
            long begin = Math.max(0, marks[mark] - 5);
            ByteBuffer around =
                    StoredBytes.of(written, tensor, begin, (int) (Math.min(bytes, marks[mark] + 2) - begin));

            assertThat(around.get((int) (marks[mark] - begin))).isEqualTo((byte) (mark + 1));
        }
    }

    @Test
    void fileIsOpenedOnceAndAgainAfterItWasClosed() throws IOException {
        Checkpoint checkpoint = single();
        TensorInfo tensor = checkpoint.find("a").orElseThrow();
        StoredBytes.of(checkpoint, tensor);
        checkpoint.close();
        StoredBytes.of(checkpoint, tensor);
        Files.delete(tensor.file());

        assertThat(StoredBytes.of(checkpoint, tensor).getFloat(12)).isEqualTo(4);
        checkpoint.close();
        assertChanged(checkpoint, tensor);
    }

    /** Java closes a file for all threads when one of them is interrupted while it reads. */
    @Test
    void interruptedThreadsDoNotHinderOthers() throws InterruptedException {
        Checkpoint checkpoint = single();
        TensorInfo tensor = checkpoint.find("a").orElseThrow();
        StoredBytes.of(checkpoint, tensor);
        Thread interrupted = new Thread(() -> {
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(MissingInputException.class).isThrownBy(() -> StoredBytes.of(checkpoint, tensor));
        });
        interrupted.start();
        interrupted.join();

        assertThat(StoredBytes.of(checkpoint, tensor).getFloat(12)).isEqualTo(4);
    }

    @Test
    void fileThatGotShorterIsRefused() throws IOException {
        Checkpoint checkpoint = single();
        TensorInfo tensor = checkpoint.find("a").orElseThrow();
        try (RandomAccessFile file = new RandomAccessFile(tensor.file().toFile(), "rw")) {
            file.setLength(tensor.offset());
        }
        assertChanged(checkpoint, tensor);
    }

    @Test
    void fileThatWasWrittenToIsRefused() throws IOException {
        Checkpoint checkpoint = single();
        TensorInfo tensor = checkpoint.find("a").orElseThrow();
        Files.setLastModifiedTime(tensor.file(), FileTime.fromMillis(0));

        assertChanged(checkpoint, tensor);
    }

    @Test
    void fileThatWentAwayIsRefused() throws IOException {
        Checkpoint checkpoint = single();
        TensorInfo tensor = checkpoint.find("a").orElseThrow();
        Files.delete(tensor.file());

        assertChanged(checkpoint, tensor);
    }

    @ParameterizedTest
    @ValueSource(strings = {FIRST, SECOND, "model.safetensors.index.json", "config.json"})
    void anyFileThatChangesAfterItWasOpenedIsNamedInPlaceOfAResultOrAFailure(String name) throws IOException {
        SafetensorsWriter.writeSharded(folder, twoShards());
        Path config = Files.writeString(folder.resolve("config.json"), "{}");
        Checkpoint stored = open();
        LocalSource source = LocalSource.of(config);
        assertThat(stored.watched(source)).isSameAs(source);
        assertThat(stored.watched(LocalSource.of(config))).isSameAs(source);
        Checkpoint renamed = stored.renamed(List::of);
        StoredBytes.of(renamed, renamed.find("a").orElseThrow());
        assertThat(renamed.whileUnchanged(() -> "result")).isEqualTo("result");

        FileChange.WRITTEN_TO_AND_TIME_SET_BACK.to(folder.resolve(name));

        for (Supplier<String> work : List.<Supplier<String>>of(() -> "result", CheckpointTest::fail)) {
            assertThatExceptionOfType(ChangedInputException.class)
                    .isThrownBy(() -> renamed.whileUnchanged(work))
                    .withMessageStartingWith(folder.resolve(name) + ": changed while it was read;");
        }
    }

    private static String fail() {
        throw new IllegalStateException("the model computes nonsense");
    }

    /** It said which files there are. */
    @Test
    void indexThatChangesBeforeTheShardsAreOpenedIsNamed() {
        SafetensorsWriter.writeSharded(folder, twoShards());
        CheckpointLocation location = CheckpointLocation.find(folder);
        SafetensorsWriter.writeIndex(folder, Map.of("b", SECOND));

        assertThatExceptionOfType(ChangedInputException.class)
                .isThrownBy(() -> Checkpoint.open(location))
                .withMessageContaining("index.json: changed while it was read");
    }

    @Test
    void threadsMayReadTogether() {
        Checkpoint checkpoint = single();
        TensorInfo tensor = checkpoint.find("a").orElseThrow();

        assertThat(IntStream.range(0, 2000)
                        .parallel()
                        .mapToObj(index -> StoredBytes.of(checkpoint, tensor, 4L * (index % 4), 4)
                                        .getFloat()
                                - index % 4))
                .containsOnly(1f);
    }

    private Checkpoint open() {
        return Checkpoint.open(CheckpointLocation.find(folder));
    }

    /** One F32 tensor, named a, with the elements 1 to 4. */
    private Checkpoint single() {
        SafetensorsWriter.write(
                folder.resolve("model.safetensors"), Map.of("a", Tensor.float32(List.of(4L), 1, 2, 3, 4)));
        return open();
    }

    /** A file whose one tensor takes space only in name. */
    private Path sparse(long bytes) throws IOException {
        Path file = folder.resolve("model.safetensors");
        byte[] header = SafetensorsWriter.bytes(
                "{\"big\": {\"dtype\": \"U8\", \"shape\": [%d], \"data_offsets\": [0, %d]}}".formatted(bytes, bytes),
                new byte[0]);
        Files.write(file, header);
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(header.length + bytes);
        }
        return file;
    }

    private CheckpointFile description(String name) {
        Path path = folder.resolve(name);
        return new CheckpointFile(path, name, path.toFile().length());
    }

    private static List<Map<String, Tensor>> twoShards() {
        return List.of(Map.of("a", Tensor.float32(List.of(1L), 1)), Map.of("b", Tensor.float32(List.of(1L), 2)));
    }

    private static float[] floats(Checkpoint checkpoint, String name) {
        TensorInfo tensor = checkpoint.find(name).orElseThrow();
        float[] floats = new float[(int) tensor.elements()];
        StoredBytes.of(checkpoint, tensor).asFloatBuffer().get(floats);
        return floats;
    }

    private static void assertChanged(Checkpoint checkpoint, TensorInfo tensor) {
        assertThatExceptionOfType(ChangedInputException.class)
                .isThrownBy(() -> StoredBytes.of(checkpoint, tensor))
                .withMessageContaining("changed while it was read");
    }
}
