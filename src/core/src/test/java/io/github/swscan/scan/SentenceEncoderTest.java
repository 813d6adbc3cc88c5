package io.github.swscan.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.detect.DetectionRules;
import io.github.swscan.effect.HiddenStateEffect;
import io.github.swscan.effect.SentenceEmbeddingEffect;
import io.github.swscan.engine.EngineSettings;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.PrecisionChoice;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.forward.Branch;
import io.github.swscan.forward.ForwardPass;
import io.github.swscan.forward.HeadPass;
import io.github.swscan.forward.Probe;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.forward.Sequences;
import io.github.swscan.input.InputException;
import io.github.swscan.policy.Policy;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.text.TokenRequest;
import io.github.swscan.weight.ScalarEdit;
import io.github.swscan.weight.Sites;
import io.github.swscan.weight.WeightName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders of sentence-transformers as they come, held to what that computes; made by scripts/sentence-references. */
class SentenceEncoderTest {

    @LentEngine
    private static TorchEngine engine;

    @TempDir
    private Path folder;

    private static JsonNode expected(String name) throws IOException {
        return new JsonMapper()
                .readTree(
                        TestResources.at("sentences/" + name + "/expected.json").toFile());
    }

    private static Sequences sequences(JsonNode expected) {
        List<int[]> ids = new ArrayList<>();
        expected.get("input_ids")
                .forEach(row -> ids.add(IntStream.range(0, row.size())
                        .map(i -> row.get(i).intValue())
                        .toArray()));
        return new Sequences(ids);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mean", "first-and-dense", "several"})
    void embeddingsAndWhatRemovingWeightsDoesToThemAreThoseOfSentenceTransformers(String name) throws IOException {
        JsonNode expected = expected(name);
        Sequences sequences = sequences(expected);
        OpenModel.read(TestResources.at("sentences/" + name).toString(), "", model -> {
            RunnableModel running = new RunnableModel(model.architecture(), model.checkpoint(), engine, Precision.FP32);
            List<Branch> removals = new ArrayList<>();
            Sites sites = Sites.of(model.architecture());
            expected.get("removed").forEach(removed -> {
                JsonNode weight = removed.get("weight");
                WeightName place = new WeightName(
                        weight.get(0).asText(),
                        OptionalInt.empty(),
                        weight.get(1).intValue(),
                        weight.get(2).intValue());
                removals.add(new Branch(
                        sequences.all(),
                        List.of(ScalarEdit.zero(
                                place.find(sites, model.checkpoint()).coordinate()))));
            });
            try (ForwardPass pass = new ForwardPass(running, sequences, bytes -> {})) {
                HeadPass head = pass.run(removals, Probe.NONE);
                float[][] unedited = head.sentenceEmbeddings(pass.original(), sequences.all());
                for (int text = 0; text < unedited.length; text++) {
                    JsonNode vector = expected.get("embeddings").get(text);
                    assertThat(unedited[text]).hasSize(vector.size());
                    for (int i = 0; i < vector.size(); i++) {
                        assertThat((double) unedited[text][i])
                                .isCloseTo(vector.get(i).doubleValue(), within(2e-6));
                    }
                }
                int[] tokens = sequences.all().stream().mapToInt(head::tokens).toArray();
                for (int i = 0; i < removals.size(); i++) {
                    SentenceEmbeddingEffect effect = SentenceEmbeddingEffect.of(
                            unedited,
                            head.sentenceEmbeddings(removals.get(i), sequences.all()),
                            HiddenStateEffect.of(
                                    head.hiddenStateChanges(pass.original(), List.of(removals.get(i)), sequences.all())
                                            .get(0),
                                    tokens));
                    JsonNode removed = expected.get("removed").get(i);
                    assertThat(effect.cosine())
                            .isCloseTo(removed.get("embeddingCosine").doubleValue(), within(1e-6));
                    assertThat(effect.hidden().hiddenChange())
                            .isCloseTo(removed.get("hiddenChange").doubleValue(), within(1e-5));
                    assertThat(effect.hidden().hiddenCosine())
                            .isCloseTo(removed.get("hiddenCosine").doubleValue(), within(1e-6));
                }
            }
            return null;
        });
    }

    private DetectionReport detected(Path model) throws IOException {
        Path ids = Files.writeString(
                folder.resolve("ids.json"), expected("mean").get("input_ids").toString());
        DetectionRequest request = new DetectionRequest(
                model.toString(),
                "",
                new TokenRequest(List.of(), "", "", ids.toString(), 0, 0),
                false,
                DetectionRules.standard(0),
                Policy.NONE,
                BaselineRequest.NONE,
                false,
                PrecisionChoice.AUTO,
                "",
                false,
                List.of());
        try (LazyEngine engines = new LazyEngine(EngineSettings.STANDARD)) {
            return DetectionScan.run(request, engines, new ScanListener() {});
        }
    }

    private Path copy(String name) throws IOException {
        Path source = TestResources.at("sentences/" + name);
        Path target = folder.resolve("model");
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.toList()) {
                Files.copy(file, target.resolve(source.relativize(file).toString()));
            }
        }
        return target;
    }

    @ParameterizedTest
    @ValueSource(strings = {"mean", "first-and-dense", "several"})
    void verdictsGoByTheCosineBesideTheHiddenState(String name) throws IOException {
        DetectionReport report = detected(TestResources.at("sentences/" + name));

        assertThat(report.settings().verdictMeasure()).isEqualTo("embedding cosine");
        assertThat(report.hiddenState().orElseThrow().embeddings()).contains(3);
        assertThat(report.hiddenState().orElseThrow().tokens()).isEqualTo(47);
        assertThat(report.baseline()).isEmpty();
        assertThat(Stream.concat(
                        report.superWeights().stream().map(DetectionReport.SuperWeight::effect),
                        report.otherSpikes().stream().flatMap(spike -> spike.effect().stream())))
                .allSatisfy(effect -> {
                    assertThat(effect.embeddingCosine()).isPresent();
                    assertThat(effect.hiddenChange()).isPresent();
                    assertThat(effect.meanNll()).isEmpty();
                });
    }

    /** What is not computed is told; the hidden state is there all the same. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            sentence_transformers.models.Normalize | sentence_transformers.models.CNN
            sentence_transformers.models.Pooling   | sentence_transformers.models.WeightedLayerPooling
            sentence_transformers.models.Pooling   | custom.Pooling
            """)
    void modulesThatAreNotSupportedLeaveTheHiddenState(String known, String other) throws IOException {
        Path model = copy("mean");
        Path list = model.resolve("modules.json");
        Files.writeString(list, Files.readString(list).replace(known, other));

        DetectionReport report = detected(model);

        assertThat(report.settings().verdictMeasure()).isEqualTo("hidden state change");
        assertThat(report.hiddenState().orElseThrow().embeddings()).isEmpty();
        assertThat(report.notes()).anyMatch(note -> note.contains("modules.json") && note.contains(other));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            modules.json           | {}                                  | is not a JSON array
            modules.json           | [                                   | is not valid JSON
            modules.json           | [{"type": 1, "path": ""}]           | has no type and path
            modules.json           | [{"type": "a", "path": "../b"}]     | not the name of a folder
            1_Pooling/config.json  | []                                  | is not a JSON object
            1_Pooling/config.json  | {"embedding_dimension": 31}         | have 32 channels
            1_Pooling/config.json  | {"pooling_mode_cls_token": 1}       | where true or false is needed
            1_Pooling/config.json  | {"pooling_mode": []}                | does not name from 1 to 64 modes
            """)
    void damagedModulesAreRefused(String file, String content, String problem) throws IOException {
        Path model = copy("mean");
        Files.writeString(model.resolve(file), content);

        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> detected(model))
                .satisfies(refusal -> {
                    assertThat(refusal.file().toString()).endsWith(file);
                    assertThat(refusal.getMessage()).contains(problem).doesNotContain("\n");
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors"})
    void missingPartsOfModulesAreNamed(String file) throws IOException {
        Path model = copy("first-and-dense");
        Files.delete(model.resolve(file));

        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> detected(model))
                .withMessageContaining(file.substring(0, file.indexOf('/')));
    }

    @Test
    void textsAreNoLongerThanTheEncoderTakes() throws IOException {
        OpenModel.read(copy("mean").toString(), "", model -> {
            assertThat(model.architecture().sentenceEmbedding().orElseThrow().longestText())
                    .hasValue(16);
            return null;
        });
    }
}
