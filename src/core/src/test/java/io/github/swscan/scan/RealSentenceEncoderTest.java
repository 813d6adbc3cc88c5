package io.github.swscan.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.effect.HiddenStateEffect;
import io.github.swscan.effect.SentenceEmbeddingEffect;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.RealModels;
import io.github.swscan.forward.Activations;
import io.github.swscan.forward.Branch;
import io.github.swscan.forward.ForwardPass;
import io.github.swscan.forward.HeadPass;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.forward.Sequences;
import io.github.swscan.text.tokenizer.Tokenizer;
import io.github.swscan.weight.ColumnEdit;
import io.github.swscan.weight.Edit;
import io.github.swscan.weight.RowEdit;
import io.github.swscan.weight.ScalarEdit;
import io.github.swscan.weight.Site;
import io.github.swscan.weight.Sites;
import io.github.swscan.weight.WeightName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Peaks, embeddings and effects of a public sentence encoder are what transformers computed, see {@link RealModels}. */
@Tag("real-models")
class RealSentenceEncoderTest {

    private static final String MODEL = "all-MiniLM-L6-v2";

    @LentEngine
    private static TorchEngine engine;

    @TempDir
    private Path folder;

    private static Reference reference() throws IOException {
        return JsonMapper.builder()
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .build()
                .readValue(RealModels.reference("all-minilm-l6-v2.json").toFile(), Reference.class);
    }

    /** With its tokenizer.json, and without: then from vocab.txt. */
    @ParameterizedTest
    @ValueSource(strings = {"tokenizer.json", "vocab.txt"})
    void textsBecomeTheTokensOfTheReference(String leftOut) throws IOException {
        Reference reference = reference();
        Path model = RealModels.checkpoint(MODEL);
        try (Stream<Path> files = Files.list(model)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (!file.getFileName().toString().equals(leftOut)) {
                    Files.createSymbolicLink(folder.resolve(file.getFileName()), file.toAbsolutePath());
                }
            }
        }
        Files.createSymbolicLink(
                folder.resolve("1_Pooling"), model.resolve("1_Pooling").toAbsolutePath());
        OpenModel.read(folder.toString(), "", opened -> {
            try (Tokenizer tokenizer = opened.tokenizer().orElseThrow()) {
                for (int text = 0; text < reference.texts().size(); text++) {
                    assertThat(tokenizer.encode(reference.texts().get(text)))
                            .isEqualTo(reference.inputIds().get(text));
                }
            }
            return null;
        });
    }

    @Test
    void peaksEmbeddingsAndEffectsAreThoseOfTheReference() throws IOException {
        Reference reference = reference();
        Sequences sequences = new Sequences(reference.inputIds());
        OpenModel.read(RealModels.checkpoint(MODEL).toString(), "", model -> {
            Sites sites = Sites.of(model.architecture());
            List<Branch> removals = reference.removed().stream()
                    .map(removed -> new Branch(
                            sequences.all(),
                            removed.weights().stream()
                                    .map(WeightName::parse)
                                    .map(name -> removal(name, sites, model))
                                    .toList()))
                    .toList();
            RunnableModel running = new RunnableModel(model.architecture(), model.checkpoint(), engine, Precision.FP32);
            List<Integer> layers = new ArrayList<>();
            try (ForwardPass pass = new ForwardPass(running, sequences, bytes -> {})) {
                HeadPass head = pass.run(removals, site -> site.projections().forEach(projection -> {
                    Activations activations = projection.activations(pass.original(), sequences.all());
                    Peaks peaks = reference.peaks().get(site.layer());
                    layers.add(site.layer());
                    assertPeak(activations.inputPeak(), peaks.input());
                    assertPeak(activations.outputPeak(), peaks.output());
                }));
                assertThat(layers).hasSameSizeAs(reference.peaks());
                float[][] unedited = head.sentenceEmbeddings(pass.original(), sequences.all());
                for (int text = 0; text < unedited.length; text++) {
                    float[] first = reference.embeddingsFirst().get(text);
                    for (int i = 0; i < first.length; i++) {
                        assertThat(unedited[text][i]).isCloseTo(first[i], within(1e-6f));
                    }
                }
                int[] tokens = sequences.all().stream().mapToInt(head::tokens).toArray();
                for (int i = 0; i < removals.size(); i++) {
                    Branch removal = removals.get(i);
                    Removed removed = reference.removed().get(i);
                    SentenceEmbeddingEffect effect = SentenceEmbeddingEffect.of(
                            unedited,
                            head.sentenceEmbeddings(removal, sequences.all()),
                            HiddenStateEffect.of(
                                    head.hiddenStateChanges(pass.original(), List.of(removal), sequences.all())
                                            .get(0),
                                    tokens));
                    assertThat(effect.cosine())
                            .as(removed.weights().toString())
                            .isCloseTo(removed.embeddingCosine(), within(1e-6));
                    assertThat(effect.hidden().hiddenChange()).isCloseTo(removed.hiddenChange(), within(2e-5));
                    assertThat(effect.hidden().hiddenCosine()).isCloseTo(removed.hiddenCosine(), within(1e-6));
                }
            }
            return null;
        });
    }

    private static Edit removal(WeightName name, Sites sites, OpenModel model) {
        Site site = name.site(sites);
        if (name.column().isEmpty()) {
            return new RowEdit(site.linear().matrix(), name.row().orElseThrow(), 0);
        }
        if (name.row().isEmpty()) {
            return new ColumnEdit(site.linear().matrix(), name.column().orElseThrow(), 0);
        }
        return ScalarEdit.zero(name.find(sites, model.checkpoint()).coordinate());
    }

    private static void assertPeak(io.github.swscan.forward.Peak peak, Peak expected) {
        assertThat(peak.value()).isCloseTo(expected.value(), within(1e-4f * Math.abs(expected.value())));
        assertThat(List.of(peak.sequence(), peak.position(), peak.channel()))
                .isEqualTo(List.of(expected.text(), expected.position(), expected.channel()));
    }

    /** A file of references, see scripts/evidence/sentences.py. */
    record Reference(
            List<String> texts,
            List<int[]> inputIds,
            List<Peaks> peaks,
            List<float[]> embeddingsFirst,
            List<Removed> removed) {}

    record Peaks(Peak input, Peak output) {}

    record Peak(float value, int text, int position, int channel) {}

    record Removed(List<String> weights, double embeddingCosine, double hiddenChange, double hiddenCosine) {}
}
