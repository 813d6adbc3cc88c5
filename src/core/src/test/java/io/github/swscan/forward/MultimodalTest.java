package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.StoredBytes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The text model of a model that reads images as well gives what it gives alone. */
class MultimodalTest {

    @LentEngine
    private static TorchEngine engine;

    @TempDir
    private Path folder;

    /** The names that the text model's tensors have had in the history of transformers. */
    @ParameterizedTest
    @CsvSource({
        "llava,      llama,          language_model.model.,  language_model.",
        "llava,      llama,          model.language_model.,  ''",
        "llava_next, mistral,        language_model.model.,  language_model.",
        "mistral3,   mistral-swa5,   model.language_model.,  ''",
        "idefics3,   llama-tied,     model.text_model.,      ''",
        "internvl,   qwen2-swa-mwl1, language_model.model.,  language_model.",
        "internvl,   qwen3,          model.language_model.,  ''"
    })
    void logitsAreThoseOfTheTextModelAlone(String whole, String text, String prefix, String headPrefix)
            throws IOException {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/" + text);
        write(reference, whole, prefix, headPrefix);
        RunnableModel model = ReferenceCheckpoint.model(folder, engine, Precision.FP32);

        assertThat(model.architecture().whole()).contains(whole);
        assertThat(model.architecture().family()).isEqualTo(family(reference));
        try (ForwardPass pass = new ForwardPass(model, reference.sequences(), bytes -> {})) {
            HeadPass readout = pass.run(List.of(), Probe.NONE);
            float[][][] expected = reference.logits();
            for (int sequence = 0; sequence < expected.length; sequence++) {
                float[][] logits = readout.logits(pass.original(), sequence);
                for (int token = 0; token < logits.length; token++) {
                    assertThat(logits[token]).containsExactly(expected[sequence][token], within(2e-4f));
                }
            }
        }
    }

    private void write(ReferenceCheckpoint reference, String whole, String prefix, String headPrefix)
            throws IOException {
        ObjectNode config = new JsonMapper().createObjectNode();
        config.put("model_type", whole);
        config.put("hidden_size", 7);
        config.set(
                "text_config",
                new JsonMapper()
                        .readTree(reference.folder().resolve("config.json").toFile()));
        config.putObject("vision_config").put("hidden_size", 5);
        new JsonMapper().writeValue(folder.resolve("config.json").toFile(), config);
        RunnableModel model = reference.model(engine, Precision.FP32);
        Map<String, SafetensorsWriter.Tensor> tensors = new LinkedHashMap<>();
        for (TensorInfo tensor : model.checkpoint().tensors().values()) {
            byte[] bytes = StoredBytes.of(model.checkpoint(), tensor).array();
            String name = tensor.name().startsWith("model.")
                    ? prefix + tensor.name().substring("model.".length())
                    : headPrefix + tensor.name();
            tensors.put(name, new SafetensorsWriter.Tensor(tensor.dtype(), tensor.shape(), bytes));
        }
        tensors.put(
                "vision_tower.patch_embedding.weight",
                new SafetensorsWriter.Tensor(DType.F32, List.of(2L, 3L), new byte[24]));
        SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
    }

    private static String family(ReferenceCheckpoint reference) {
        return reference.expected().get("model_type").textValue();
    }
}
