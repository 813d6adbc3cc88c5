package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.architecture.family.Config;
import io.github.swscan.architecture.family.Families;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.TestResources;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every kind of rotary scaling in every family, said as transformers 4 and as transformers 5 say it, against what
 * transformers 5 computes. Made by scripts/rotary-references.
 */
class RotaryScalingTest {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final JsonNode CASES = read();

    @LentEngine
    private static TorchEngine engine;

    private static JsonNode read() {
        try {
            return MAPPER.readTree(TestResources.at("rotary/cases.json").toFile());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static Stream<String> checkpoints() {
        return StreamSupport.stream(CASES.get("cases").spliterator(), false)
                .map(found -> found.get("checkpoint").textValue())
                .distinct();
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void likelihoodsAreThoseOfTransformers(String checkpoint) throws IOException {
        Path folder = TestResources.at("reference/" + checkpoint);
        JsonNode options = MAPPER.readTree(folder.resolve("config.json").toFile());
        Map<String, Double> expected = new LinkedHashMap<>();
        Map<String, Double> computed = new LinkedHashMap<>();
        for (JsonNode found : CASES.get("cases")) {
            if (found.get("checkpoint").textValue().equals(checkpoint)) {
                String name = found.get("kind").textValue() + " as "
                        + found.get("form").textValue();
                expected.put(name, found.get("meanNll").doubleValue());
                computed.put(name, meanNll(folder, patched(options, found.get("config"))));
            }
        }

        assertThat(computed.keySet()).isEqualTo(expected.keySet()).isNotEmpty();
        expected.forEach((name, nll) -> assertThat(computed.get(name)).as(name).isCloseTo(nll, within(2e-5)));
    }

    private static JsonNode patched(JsonNode options, JsonNode patch) {
        ObjectNode patched = options.deepCopy();
        patch.properties().forEach(entry -> {
            if (entry.getValue().isNull()) {
                patched.remove(entry.getKey());
            } else {
                patched.set(entry.getKey(), entry.getValue());
            }
        });
        return patched;
    }

    private static double meanNll(Path folder, JsonNode options) {
        try (Checkpoint checkpoint = Checkpoint.open(CheckpointLocation.find(folder.resolve("model.safetensors")))) {
            Architecture architecture = Families.describe(
                    new Config(folder.resolve("config.json"), options),
                    checkpoint.tensors().keySet());
            Parameters.check(architecture, checkpoint, folder, folder.resolve("config.json"));
            List<int[]> ids = new ArrayList<>();
            CASES.get("ids")
                    .forEach(sequence -> ids.add(StreamSupport.stream(sequence.spliterator(), false)
                            .mapToInt(JsonNode::intValue)
                            .toArray()));
            Sequences sequences = new Sequences(ids);
            RunnableModel model = new RunnableModel(architecture, checkpoint, engine, Precision.FP32);
            try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {})) {
                return pass.run(List.of(), Probe.NONE)
                        .score(List.of(pass.original()), sequences.all())
                        .get(0)
                        .meanNegativeLogLikelihood();
            }
        }
    }
}
