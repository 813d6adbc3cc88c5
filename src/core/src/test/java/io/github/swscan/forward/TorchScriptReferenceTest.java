package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.fixture.TestResources;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds the forward pass over TorchScript archives to the numbers of the checkpoints that they were made from. */
class TorchScriptReferenceTest {

    @LentEngine
    private static TorchEngine engine;

    @ParameterizedTest
    @CsvSource({
        "llama-bf16, llama-bf16",
        "gpt2, gpt2",
        "llama-tied, llama-tied",
        "llama-scripted-wrapped, llama-bf16",
        "llama-lite, llama-bf16"
    })
    void logitsAreThoseOfTransformers(String archive, String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/" + name);
        float[][][] expected = reference.logits();
        Sequences sequences = reference.sequences();
        try (ForwardPass pass = new ForwardPass(
                ReferenceCheckpoint.model(TestResources.at("torchscript/" + archive), engine, Precision.FP32),
                sequences,
                bytes -> {})) {
            HeadPass readout = pass.run(List.of(), Probe.NONE);
            for (int sequence = 0; sequence < sequences.count(); sequence++) {
                float[][] logits = readout.logits(pass.original(), sequence);
                for (int token = 0; token < logits.length; token++) {
                    assertThat(logits[token]).containsExactly(expected[sequence][token], within(2e-4f));
                }
            }
        }
    }
}
