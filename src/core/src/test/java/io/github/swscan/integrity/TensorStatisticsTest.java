package io.github.swscan.integrity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.report.Manifest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorStatisticsTest {

    private static final int ROWS = 301;
    private static final int COLUMNS = 1_000;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(names = {"F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"})
    void numbersAreDescribedAsTheirDefinitionSays(DType dtype) {
        Random random = new Random(1);
        int count = ROWS * COLUMNS;
        byte[] data = new byte[count * dtype.bytes()];
        ByteBuffer bytes = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            if (dtype.isWritable()) {
                float value = (float) (0.3 + random.nextGaussian());
                dtype.put(bytes, i * dtype.bytes(), i % 70_001 == 70_000 ? Float.NaN : value);
            } else {
                data[i] = (byte) random.nextInt(256);
            }
        }
        double[] values = IntStream.range(0, count)
                .mapToDouble(i -> dtype.floatAt(bytes, i * dtype.bytes()))
                .toArray();
        SafetensorsWriter.write(
                folder.resolve("model.safetensors"),
                Map.of("w", new SafetensorsWriter.Tensor(dtype, List.of((long) ROWS, (long) COLUMNS), data)));

        Manifest.Statistics found = statistics();

        double[] finite = IntStream.range(0, count)
                .mapToDouble(i -> values[i])
                .filter(Double::isFinite)
                .toArray();
        double mean = IntStream.range(0, finite.length)
                .mapToDouble(i -> finite[i])
                .average()
                .orElseThrow();
        assertThat(found.nonFinite()).isEqualTo(count - finite.length);
        assertThat(found.minimum().orElseThrow())
                .isEqualTo(IntStream.range(0, finite.length)
                        .mapToDouble(i -> finite[i])
                        .min()
                        .orElseThrow());
        assertThat(found.maximum().orElseThrow())
                .isEqualTo(IntStream.range(0, finite.length)
                        .mapToDouble(i -> finite[i])
                        .max()
                        .orElseThrow());
        assertThat(found.mean().orElseThrow()).isCloseTo(mean, within(1e-9 * moment(finite, 0, 2)));
        assertThat(found.rootMeanSquare().orElseThrow())
                .isCloseTo(Math.sqrt(moment(finite, 0, 2)), within(1e-9 * Math.sqrt(moment(finite, 0, 2))));
        double kurtosis = moment(finite, mean, 4) / Math.pow(moment(finite, mean, 2), 2);
        assertThat(found.kurtosis().orElseThrow()).isCloseTo(kurtosis, within(1e-6 * kurtosis));
        assertThat(found.largest()).isEqualTo(largest(values));
    }

    private static double moment(double[] values, double center, int power) {
        return IntStream.range(0, values.length)
                .mapToDouble(i -> Math.pow(values[i] - center, power))
                .average()
                .orElseThrow();
    }

    private static List<Manifest.Extreme> largest(double[] values) {
        return IntStream.range(0, values.length)
                .filter(i -> Double.isFinite(values[i]))
                .boxed()
                .sorted((one, other) -> {
                    int bySize = Double.compare(Math.abs(values[other]), Math.abs(values[one]));
                    return bySize != 0 ? bySize : Integer.compare(one, other);
                })
                .limit(8)
                .map(i -> new Manifest.Extreme(List.of((long) i / COLUMNS, (long) i % COLUMNS), (float) values[i]))
                .toList();
    }

    private Manifest.Statistics statistics() {
        try (Checkpoint checkpoint = Checkpoint.open(CheckpointLocation.find(folder))) {
            TensorInfo tensor = checkpoint.find("w").orElseThrow();
            TensorStatistics statistics =
                    TensorStatistics.of(checkpoint, tensor).orElseThrow();
            TensorDigest.sha256(checkpoint, tensor, Patch.NONE, statistics::accept);
            return statistics.result();
        }
    }
}
