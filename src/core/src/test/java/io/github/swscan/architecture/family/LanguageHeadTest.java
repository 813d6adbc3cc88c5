package io.github.swscan.architecture.family;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.architecture.Architecture;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LanguageHeadTest {

    private static final Set<String> BLOCKS = Set.of("model.embed_tokens.weight", "model.norm.weight", "score.weight");

    private static boolean isAbsent(boolean tied, String architecture, Set<String> tensors) {
        ObjectNode options = JsonNodeFactory.instance.objectNode();
        if (architecture != null) {
            options.putArray("architectures").add(architecture);
        }
        return LanguageHead.isAbsent("lm_head", tied, tensors, new Config(Path.of("config.json"), options));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "LlamaModel",
                "Qwen3Model",
                "Gemma3TextModel",
                "LlamaForSequenceClassification",
                "Qwen2ForRewardModel",
                "MistralForTokenClassification",
                "InternLM2ForRewardModeling",
                "LlamaForQuestionAnswering",
                "NewModel",
                "Qwen3ForEmbedding",
                "BertForNextSentencePrediction",
                "ElectraForPreTraining"
            })
    void isAbsentWhereTheClassHasNoneThoughTheEmbeddingCouldBeOne(String architecture) {
        assertThat(isAbsent(true, architecture, BLOCKS)).isTrue();
        assertThat(isAbsent(false, architecture, BLOCKS)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "LlamaForCausalLM",
                "GPT2LMHeadModel",
                "GPT2DoubleHeadsModel",
                "QWenLMHeadModel",
                "Gemma3ForConditionalGeneration",
                "BertForMaskedLM"
            })
    void isTheEmbeddingWhereTheClassHasOne(String architecture) {
        assertThat(isAbsent(true, architecture, BLOCKS)).isFalse();
    }

    @Test
    void isTheEmbeddingWhereNoClassIsNamed() {
        assertThat(isAbsent(true, null, BLOCKS)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"lm_head.weight", "lm_head.qweight"})
    void isThereWhereItIsStoredWhateverTheClass(String tensor) {
        Set<String> tensors = new TreeSet<>(BLOCKS);
        tensors.add(tensor);

        assertThat(isAbsent(true, "LlamaModel", tensors)).isFalse();
        assertThat(isAbsent(false, "LlamaModel", tensors)).isFalse();
    }

    @Test
    void isThereWhereTensorsAreNotKnown() {
        assertThat(isAbsent(false, "LlamaModel", Set.of())).isFalse();
    }

    private static Architecture multimodal(String architecture, boolean tied) {
        ObjectNode options = JsonNodeFactory.instance.objectNode();
        options.put("model_type", "llava")
                .put("tie_word_embeddings", tied)
                .putArray("architectures")
                .add(architecture);
        options.putObject("text_config")
                .put("model_type", "llama")
                .put("hidden_size", 32)
                .put("intermediate_size", 64)
                .put("num_attention_heads", 4)
                .put("num_hidden_layers", 1)
                .put("vocab_size", 50);
        return Families.describe(
                new Config(Path.of("config.json"), options), Set.of("model.language_model.embed_tokens.weight"));
    }

    @Test
    void ofAMultimodalModelIsTiedWhereOnlyTheWholeIsSaidToBe() {
        assertThat(multimodal("LlavaForConditionalGeneration", true)
                        .languageHead()
                        .vocabulary()
                        .weight())
                .isEqualTo("model.language_model.embed_tokens.weight");
        assertThat(multimodal("LlavaForConditionalGeneration", false).head()).isEmpty();
    }

    @Test
    void ofAMultimodalModelIsAbsentWhereTheClassOfTheWholeHasNone() {
        assertThat(multimodal("LlavaModel", true).head()).isEmpty();
    }
}
