package io.github.swscan.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import io.github.swscan.fixture.StoredBytes;
import io.github.swscan.input.LocalFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** A tensor in pieces is read like one that lies in one file. */
class PiecesPropertyTest {

    private static final int MOST_PIECES = 4;

    private static Path folder;

    @BeforeContainer
    static void createFolder() throws IOException {
        folder = Files.createTempDirectory("pieces");
    }

    @AfterContainer
    static void deleteFolder() throws IOException {
        for (int piece = 0; piece < MOST_PIECES; piece++) {
            Files.deleteIfExists(file(piece));
        }
        Files.delete(folder);
    }

    private static Path file(int piece) {
        return folder.resolve("%d.safetensors".formatted(piece));
    }

    @Property(tries = 300)
    void piecesAreReadAsOne(
            @ForAll @IntRange(min = 1, max = MOST_PIECES) int pieces,
            @ForAll @IntRange(max = 1) int dimension,
            @ForAll @IntRange(min = 1, max = 40) int rows,
            @ForAll @IntRange(min = 1, max = 600) int columns,
            @ForAll long seed) {
        Random random = new Random(seed);
        int[] whole = {dimension == 0 ? rows * pieces : rows, dimension == 1 ? columns * pieces : columns};
        float[] values = new float[whole[0] * whole[1]];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat();
        }
        for (int piece = 0; piece < pieces; piece++) {
            float[] own = new float[rows * columns];
            for (int i = 0; i < own.length; i++) {
                int row = i / columns + (dimension == 0 ? piece * rows : 0);
                int column = i % columns + (dimension == 1 ? piece * columns : 0);
                own[i] = values[row * whole[1] + column];
            }
            SafetensorsWriter.write(
                    file(piece), Map.of("a", Tensor.float32(List.of((long) rows, (long) columns), own)));
        }
        Checkpoint checkpoint = open(pieces, dimension);
        TensorInfo tensor = checkpoint.find("a").orElseThrow();
        ByteBuffer bytes =
                ByteBuffer.wrap(Tensor.float32(tensor.shape(), values).data());

        assertThat(tensor.shape()).containsExactly((long) whole[0], (long) whole[1]);
        assertThat(StoredBytes.of(checkpoint, tensor)).isEqualTo(bytes);
        int from = random.nextInt(bytes.capacity());
        int length = random.nextInt(bytes.capacity() - from + 1);
        assertThat(StoredBytes.of(checkpoint, tensor, from, length)).isEqualTo(bytes.slice(from, length));
        checkpoint.readAhead(tensor, from, length);
        int column = random.nextInt(whole[1]);
        float[] stored = checkpoint.floats(tensor, column, whole[0], whole[1]);
        for (int row = 0; row < whole[0]; row++) {
            assertThat(stored[row]).isEqualTo(values[row * whole[1] + column]);
        }
        int element = random.nextInt(values.length);
        assertThat(at(tensor.place(element))).isEqualTo(values[element]);
        checkpoint.close();
    }

    private static Checkpoint open(int pieces, int dimension) {
        List<Path> files = new ArrayList<>();
        for (int piece = 0; piece < pieces; piece++) {
            files.add(file(piece));
        }
        CheckpointLocation location = new CheckpointLocation(
                folder,
                new LocalFolder(folder),
                files,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                List.of());
        return Checkpoint.open(location, found -> Map.of("a", TensorInfo.joined(dimension, found.get("a"))));
    }

    private static float at(TensorInfo.Place place) {
        try {
            ByteBuffer content =
                    ByteBuffer.wrap(Files.readAllBytes(place.file())).order(ByteOrder.LITTLE_ENDIAN);
            return content.getFloat((int) place.offset());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
