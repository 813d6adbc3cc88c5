package io.github.swscan.architecture.family;

import static io.github.swscan.fixture.Architectures.small;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Rotary;
import io.github.swscan.architecture.RotaryScaling;
import io.github.swscan.fixture.Architectures;
import io.github.swscan.input.UnsupportedInputException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Rotary positions of heads of 16 channels in a context of 64 tokens unless an option says otherwise. The expected
 * numbers were computed apart from this program, from the formulas of Hugging Face transformers 5.24, which differ from
 * those of 4.57 in where LongRoPE takes the original context and the factor from.
 */
class RotaryTest {

    private static final String SHORT = "[1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7]";
    private static final String LONG = "[1.0, 2.0, 4.0, 6.5, 9.0, 12.0, 20.0, 32.0]";
    private static final String LISTS = "'short_factor': " + SHORT + ", 'long_factor': " + LONG;

    private static final double[] UNSCALED = {
        1.0, 0.31622776601683794, 0.1, 0.03162277660168379, 0.01, 0.003162277660168379, 0.001, 0.00031622776601683794
    };
    private static final double[] YARN = {
        1.0,
        0.31622776601683794,
        0.1,
        0.02569350598886808,
        0.00625,
        0.0013834964763236657,
        0.00025,
        7.905694150420948e-05
    };
    private static final double[] YARN_OVER_64 = {
        1.0,
        0.23717082451262847,
        0.05,
        0.007905694150420948,
        0.0025,
        0.0007905694150420947,
        0.00025,
        7.905694150420948e-05
    };
    private static final double[] YARN_BY_8_OVER_64 = {
        1.0,
        0.2239946675952602,
        0.04166666666666667,
        0.003952847075210474,
        0.00125,
        0.00039528470752104737,
        0.000125,
        3.952847075210474e-05
    };
    private static final double[] LONG_ROPE_SHORT = {
        1.0,
        0.2874797872880344,
        0.08333333333333333,
        0.024325212770525996,
        0.007142857142857143,
        0.0021081851067789193,
        0.000625,
        0.00018601633295108115
    };
    private static final double[] LONG_ROPE_LONG = {
        1.0,
        0.15811388300841897,
        0.025,
        0.004865042554105199,
        0.0011111111111111111,
        0.0002635231383473649,
        5e-05,
        9.882117688026186e-06
    };
    private static final double[] LLAMA_3 = {
        1.0,
        0.19392274474868576,
        0.03760603093086393,
        0.0072926647372171085,
        0.0005248461609929547,
        3.428102195952591e-05,
        6.647869871181236e-06,
        1.2891731721515574e-06
    };

    private static Rotary rotary(String options) {
        return rotary("llama", options);
    }

    private static Rotary rotary(String family, String options) {
        String comma = options.isEmpty() ? "" : ", ";
        Architecture model = small(family, "'head_dim': 16" + comma + options);
        return Architectures.attention(model.blocks().get(0)).rotary().orElseThrow();
    }

    private static String scaling(String inside) {
        return "'rope_scaling': {" + inside + "}";
    }

    private static String parameters(String inside) {
        return "'rope_parameters': {" + inside + "}";
    }

    private static void assertNumbers(Rotary rotary, int tokens, double attentionFactor, double... frequencies) {
        double[] actual = rotary.frequencies(tokens);
        assertThat(actual).hasSameSizeAs(frequencies);
        for (int i = 0; i < actual.length; i++) {
            assertThat(actual[i]).as("frequency %d", i).isCloseTo(frequencies[i], within(1e-13 * frequencies[i]));
        }
        assertThat(rotary.scaling().attentionFactor(tokens)).isCloseTo(attentionFactor, within(1e-13));
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void numbersAreThoseOfTransformers(String options, int tokens, double attentionFactor, double[] frequencies) {
        for (String family : new String[] {"llama", "mistral", "qwen2", "qwen3"}) {
            assertNumbers(rotary(family, options), tokens, attentionFactor, frequencies);
        }
    }

    static Stream<Arguments> numbers() {
        return Stream.of(
                numbers("", 20, 1, UNSCALED),
                numbers(scaling("'rope_type': 'default'"), 1000, 1, UNSCALED),
                numbers(
                        "'rope_theta': 500000.0",
                        20,
                        1,
                        1.0,
                        0.19392274474868576,
                        0.03760603093086393,
                        0.0072926647372171085,
                        0.001414213562373095,
                        0.0002742481756762073,
                        5.318295896944989e-05,
                        1.031338537721246e-05),
                numbers(
                        scaling("'rope_type': 'linear', 'factor': 4"),
                        20,
                        1,
                        Arrays.stream(UNSCALED).map(f -> f / 4).toArray()),
                // Dynamic: as it is within the context, another base beyond it
                numbers(scaling("'rope_type': 'dynamic', 'factor': 4.0"), 50, 1, UNSCALED),
                numbers(scaling("'rope_type': 'dynamic', 'factor': 4.0"), 64, 1, UNSCALED),
                numbers(
                        scaling("'rope_type': 'dynamic', 'factor': 4.0"),
                        100,
                        1,
                        1.0,
                        0.2672229816928558,
                        0.07140812194482034,
                        0.01908189126318194,
                        0.0050991198796863325,
                        0.0013626020182590979,
                        0.00036411857417989924,
                        9.730085108210398e-05),
                numbers(
                        scaling("'rope_type': 'dynamic', 'factor': 2.5"),
                        200,
                        1,
                        1.0,
                        0.24304434215191947,
                        0.059070552252059295,
                        0.014356763512652339,
                        0.003489330143363268,
                        0.0008480619492445883,
                        0.0002061166585582255,
                        5.009548768583572e-05),
                // YaRN
                yarn("'factor': 4.0, 'original_max_position_embeddings': 2048", 1.138629436111989, YARN),
                yarn("'factor': 4.0, 'original_max_position_embeddings': 2048, 'attention_factor': 0.75", 0.75, YARN),
                yarn(
                        "'factor': 4.0, 'original_max_position_embeddings': 2048, 'mscale': 1.5, 'mscale_all_dim': 0",
                        1.138629436111989,
                        YARN),
                yarn("'factor': 4.0, 'original_max_position_embeddings': 2048, 'mscale': 1.5", 1.138629436111989, YARN),
                yarn(
                        "'factor': 4.0, 'original_max_position_embeddings': 2048, 'beta_fast': 0, 'beta_slow': null",
                        1.138629436111989,
                        YARN),
                yarn("'factor': 4.0", 1.138629436111989, YARN_OVER_64),
                yarn(
                        "'factor': 40, 'original_max_position_embeddings': 4096, 'mscale': 0.707, 'mscale_all_dim': 1.5",
                        0.8116769910542814,
                        1.0,
                        0.31622776601683794,
                        0.1,
                        0.023914724805023366,
                        0.005125,
                        0.0008498621211702518,
                        2.5e-05,
                        7.905694150420947e-06),
                yarn(
                        "'factor': 4.0, 'original_max_position_embeddings': 2048, 'truncate': false",
                        1.138629436111989,
                        1.0,
                        0.31622776601683794,
                        0.1,
                        0.023870192321736323,
                        0.005056971521129435,
                        0.0008112903817014309,
                        0.00025,
                        7.905694150420948e-05),
                yarn(
                        "'factor': 4.0, 'original_max_position_embeddings': 2048, 'beta_fast': 16, 'beta_slow': 2",
                        1.138629436111989,
                        1.0,
                        0.31622776601683794,
                        0.1,
                        0.023717082451262847,
                        0.005,
                        0.0007905694150420947,
                        0.00025,
                        7.905694150420948e-05),
                yarn("'factor': 1.0, 'original_max_position_embeddings': 2048", 1, UNSCALED),
                yarn(
                        "'factor': 0.5, 'original_max_position_embeddings': 2048",
                        1,
                        1.0,
                        0.31622776601683794,
                        0.1,
                        0.039528470752104736,
                        0.015,
                        0.005533985905294663,
                        0.002,
                        0.0006324555320336759),
                yarn(
                        "'factor': 4.0, 'original_max_position_embeddings': 4",
                        1.138629436111989,
                        1.0,
                        0.07905694150420949,
                        0.025,
                        0.007905694150420948,
                        0.0025,
                        0.0007905694150420947,
                        0.00025,
                        7.905694150420948e-05),
                numbers(
                        "'original_max_position_embeddings': 2048, "
                                + scaling("'rope_type': 'yarn', 'factor': 4.0, 'original_max_position_embeddings': 99"),
                        20,
                        1.138629436111989,
                        YARN),
                // LongRoPE: the original context is the model's, or the section's, or the context itself
                longRope(
                        "'max_position_embeddings': 512, 'original_max_position_embeddings': 64",
                        "",
                        64,
                        1.224744871391589,
                        LONG_ROPE_SHORT),
                longRope(
                        "'max_position_embeddings': 512, 'original_max_position_embeddings': 64",
                        "",
                        65,
                        1.224744871391589,
                        LONG_ROPE_LONG),
                longRope(
                        "'max_position_embeddings': 512, 'original_max_position_embeddings': 64",
                        "'factor': 3.0",
                        65,
                        1.1243488857053487,
                        LONG_ROPE_LONG),
                longRope("'max_position_embeddings': 64", "'factor': 16.0", 64, 1.2909944487358056, LONG_ROPE_SHORT),
                longRope("'max_position_embeddings': 64", "'factor': 16.0", 65, 1.2909944487358056, LONG_ROPE_LONG),
                longRope(
                        "'max_position_embeddings': 512",
                        "'factor': 16.0, 'original_max_position_embeddings': 64",
                        65,
                        1.2909944487358056,
                        LONG_ROPE_LONG),
                longRope(
                        "'max_position_embeddings': 512",
                        "'original_max_position_embeddings': 64",
                        64,
                        1.224744871391589,
                        LONG_ROPE_SHORT),
                longRope(
                        "'max_position_embeddings': 512, 'original_max_position_embeddings': null",
                        "'factor': null, 'original_max_position_embeddings': 64",
                        65,
                        1.224744871391589,
                        LONG_ROPE_LONG),
                longRope(
                        "'max_position_embeddings': 512, 'original_max_position_embeddings': 64",
                        "'original_max_position_embeddings': 99",
                        65,
                        1.224744871391589,
                        LONG_ROPE_LONG),
                longRope("'max_position_embeddings': 64", "'attention_factor': 1.19", 20, 1.19, LONG_ROPE_SHORT),
                longRope("'max_position_embeddings': 64", "", 20, 1, LONG_ROPE_SHORT),
                longRope("'max_position_embeddings': 64", "'factor': 0.5", 65, 1, LONG_ROPE_LONG),
                longRope("'max_position_embeddings': 64", "'factor': 1.0", 20, 1, LONG_ROPE_SHORT),
                // Llama 3
                numbers(
                        "'rope_theta': 500000.0, "
                                + scaling("'rope_type': 'llama3', 'factor': 8.0, 'low_freq_factor': 1.0,"
                                        + " 'high_freq_factor': 4.0, 'original_max_position_embeddings': 8192"),
                        20,
                        1,
                        LLAMA_3),
                numbers(
                        "'rope_theta': 500000.0, 'original_max_position_embeddings': 8192, "
                                + scaling("'rope_type': 'llama3', 'factor': 8.0, 'low_freq_factor': 1.0,"
                                        + " 'high_freq_factor': 4.0"),
                        20,
                        1,
                        LLAMA_3),
                numbers(
                        scaling("'rope_type': 'llama3', 'factor': 32, 'low_freq_factor': 1.5, 'high_freq_factor': 4,"
                                + " 'original_max_position_embeddings': 256"),
                        20,
                        1,
                        1.0,
                        0.31622776601683794,
                        0.1,
                        0.0009882117688026185,
                        0.0003125,
                        9.882117688026184e-05,
                        3.125e-05,
                        9.882117688026186e-06));
    }

    private static Arguments numbers(String options, int tokens, double attentionFactor, double... frequencies) {
        return Arguments.of(options, tokens, attentionFactor, frequencies);
    }

    private static Arguments yarn(String inside, double attentionFactor, double... frequencies) {
        return numbers(scaling("'rope_type': 'yarn', " + inside), 20, attentionFactor, frequencies);
    }

    private static Arguments longRope(
            String model, String inside, int tokens, double attentionFactor, double... frequencies) {
        String more = inside.isEmpty() ? "" : ", " + inside;
        return numbers(
                model + ", " + scaling("'rope_type': 'longrope', " + LISTS + more),
                tokens,
                attentionFactor,
                frequencies);
    }

    @Test
    void yarnWithoutAFactorStretchesToTheContext() {
        Rotary rotary = rotary("'max_position_embeddings': 512, "
                + scaling("'rope_type': 'yarn', 'original_max_position_embeddings': 64"));

        assertNumbers(rotary, 20, 1.2079441541679836, YARN_BY_8_OVER_64);
    }

    @ParameterizedTest
    @ValueSource(strings = {"linear", "dynamic", "yarn"})
    void typeMayHaveItsOlderName(String type) {
        Rotary newer = rotary(scaling("'factor': 2.0, 'rope_type': '" + type + "'"));

        assertThat(rotary(scaling("'factor': 2.0, 'type': '" + type + "'"))).isEqualTo(newer);
        assertThat(rotary(scaling("'factor': 2.0, 'type': '" + type + "', 'rope_type': '" + type + "'")))
                .isEqualTo(newer);
        assertThat(rotary(scaling("'factor': 2.0, 'type': '" + type + "', 'rope_type': null")))
                .isEqualTo(newer);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'rope_parameters': {'rope_theta': 500.0}                                                | 500",
                "'rope_parameters': {'rope_theta': 500.0, 'rope_type': 'default'}                        | 500",
                "'rope_parameters': {'rope_theta': 500.0}, 'rope_theta': 700.0                           | 500",
                "'rope_parameters': {'rope_type': 'default'}, 'rope_theta': 700.0                        | 700",
                "'rope_parameters': {'rope_theta': null}, 'rope_theta': 700                              | 700",
                "'rope_parameters': {'rope_type': 'default'}                                             | 10000",
                "'rope_parameters': {}                                                                   | 10000",
                "'rope_parameters': {'rope_theta': 500.0}, 'rope_scaling': null                          | 500",
                "'rope_scaling': {'rope_type': 'default', 'rope_theta': 600}                             | 600",
                "'rope_scaling': {'rope_type': 'default', 'rope_theta': 600}, 'rope_theta': 600.0        | 600",
                "'rope_scaling': {'rope_type': 'default'}, 'rope_parameters': {'rope_theta': 500.0}      | 10000",
                "'rope_theta': 1000000                                                                   | 1000000"
            })
    void baseStandsBesideTheScalingOrInIt(String options, double base) {
        assertThat(rotary(options))
                .isEqualTo(new Rotary(0, 16, Rotary.Pairing.HALVES, false, base, new RotaryScaling.None(), 1));
    }

    @ParameterizedTest
    @MethodSource("parameters")
    void parametersAreReadAsTransformers5ReadsThem(
            String options, int tokens, double attentionFactor, double[] frequencies) {
        assertNumbers(rotary(options), tokens, attentionFactor, frequencies);
    }

    static Stream<Arguments> parameters() {
        String yarn = "'rope_type': 'yarn', 'rope_theta': 10000.0, ";
        String longRope = "'rope_type': 'longrope', 'rope_theta': 10000.0, " + LISTS;
        String llama3 = "'rope_type': 'llama3', 'rope_theta': 500000.0, 'factor': 8.0, 'low_freq_factor': 1.0,"
                + " 'high_freq_factor': 4.0";
        return Stream.of(
                numbers(
                        parameters("'rope_type': 'linear', 'rope_theta': 10000.0, 'factor': 4"),
                        20,
                        1,
                        Arrays.stream(UNSCALED).map(f -> f / 4).toArray()),
                numbers(
                        parameters(yarn + "'factor': 4.0, 'original_max_position_embeddings': 2048"),
                        20,
                        1.138629436111989,
                        YARN),
                numbers(
                        "'original_max_position_embeddings': 2048, "
                                + parameters(yarn + "'factor': 4.0, 'original_max_position_embeddings': 99"),
                        20,
                        1.138629436111989,
                        YARN),
                numbers(parameters(yarn + "'factor': 4.0"), 20, 1.138629436111989, YARN_OVER_64),
                numbers(
                        "'max_position_embeddings': 512, "
                                + parameters(yarn + "'factor': null, 'original_max_position_embeddings': 64"),
                        20,
                        1.2079441541679836,
                        YARN_BY_8_OVER_64),
                numbers(parameters(llama3 + ", 'original_max_position_embeddings': 8192"), 20, 1, LLAMA_3),
                numbers("'max_position_embeddings': 8192, " + parameters(llama3), 20, 1, LLAMA_3),
                numbers(
                        "'max_position_embeddings': 512, "
                                + parameters(longRope + ", 'original_max_position_embeddings': 64"),
                        65,
                        1.224744871391589,
                        LONG_ROPE_LONG),
                numbers(
                        "'max_position_embeddings': 512, 'original_max_position_embeddings': 64, "
                                + parameters(longRope + ", 'original_max_position_embeddings': 99"),
                        64,
                        1.224744871391589,
                        LONG_ROPE_SHORT),
                numbers(
                        "'max_position_embeddings': 512, "
                                + parameters(longRope + ", 'factor': 4.0, 'original_max_position_embeddings': 64"),
                        64,
                        1.1547005383792517,
                        LONG_ROPE_SHORT),
                numbers(parameters(longRope), 64, 1, LONG_ROPE_SHORT));
    }

    /** Hunyuan's own option; beyond the context it does not count. */
    @Test
    void dynamicScalingMayGrowTheBaseWithinTheContext() {
        String family = "hunyuan_v1_dense";
        Rotary rotary = rotary(family, scaling("'type': 'dynamic', 'alpha': 1000.0, 'factor': 2.0"));
        Rotary withoutFactor = rotary(family, scaling("'type': 'dynamic', 'alpha': 1000.0"));
        Rotary without = rotary(family, scaling("'type': 'dynamic', 'alpha': 0, 'factor': 2.0"));

        assertNumbers(
                rotary,
                64,
                1,
                1.0,
                0.11787686347935873,
                0.013894954943731377,
                0.0016378937069540644,
                0.00019306977288832504,
                2.275845926074789e-05,
                2.6826957952797265e-06,
                3.16227766016838e-07);
        assertNumbers(
                rotary,
                100,
                1,
                1.0,
                0.2839451388482507,
                0.08062484187555236,
                0.02289303192097197,
                0.0065003651274578205,
                0.0018457470786803376,
                0.0005240909105346416,
                0.0001488130663608649);
        assertNumbers(withoutFactor, 64, 1, rotary.frequencies(64));
        assertNumbers(
                withoutFactor,
                100,
                1,
                1.0,
                0.29669581798744565,
                0.08802840841123949,
                0.026117660639705643,
                0.007749000687415979,
                0.002299096097538163,
                0.0006821321972908294,
                0.0002023857702507763);
        assertThat(without).isEqualTo(rotary(scaling("'type': 'dynamic', 'alpha': 1000.0, 'factor': 2.0")));
    }

    @Test
    void scalingMayBeTheFamilysDefault() {
        String llama3 = "'rope_type': 'llama3', 'factor': 8.0, 'low_freq_factor': 1.0, 'high_freq_factor': 4.0,"
                + " 'original_max_position_embeddings': 8192";

        assertThat(rotary("apertus", "'rope_theta': 500000.0"))
                .isEqualTo(rotary("'rope_theta': 500000.0, " + scaling(llama3)));
        assertNumbers(rotary("apertus", "'rope_theta': 10000.0, 'rope_scaling': null"), 20, 1, UNSCALED);
        assertNumbers(rotary("apertus", parameters("'rope_theta': 10000.0")), 20, 1, UNSCALED);
        assertNumbers(
                rotary("apertus", "'rope_theta': 10000.0, " + scaling("'rope_type': 'linear', 'factor': 1")),
                20,
                1,
                UNSCALED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"longrope", "su", "yarn"})
    void longRopeHasOtherNamesInPhi3(String name) {
        String model = "'max_position_embeddings': 512, 'original_max_position_embeddings': 64, ";
        Rotary rotary = rotary("phi3", model + scaling("'type': '" + name + "', " + LISTS));

        assertNumbers(rotary, 64, 1.224744871391589, LONG_ROPE_SHORT);
        assertNumbers(rotary, 65, 1.224744871391589, LONG_ROPE_LONG);
    }

    @Test
    void originalContextMayBeTheFamilysDefault() {
        String model = "'max_position_embeddings': 131072, ";
        Rotary rotary = rotary("phi3", model + scaling("'type': 'longrope', " + LISTS));

        assertNumbers(rotary, 4096, 1.1902380714238083, LONG_ROPE_SHORT);
        assertNumbers(rotary, 4097, 1.1902380714238083, LONG_ROPE_LONG);
    }

    @Test
    void windowedLayersMayHaveRotaryPositionsOfTheirOwn() {
        String options = "'layer_types': ['sliding_attention', 'full_attention', 'full_attention'], "
                + scaling("'rope_type': 'linear', 'factor': 8.0");
        Architecture gemma = small("gemma3_text", options + ", 'rope_local_base_freq': 500.0");
        Architecture olmo = small("olmo3", options);
        RotaryScaling none = new RotaryScaling.None();
        RotaryScaling linear = new RotaryScaling.Linear(8);

        assertThat(rotaries(gemma).map(Rotary::base)).containsExactly(500.0, 1e6, 1e6);
        assertThat(rotaries(gemma).map(Rotary::scaling)).containsExactly(none, linear, linear);
        assertThat(rotaries(olmo).map(Rotary::base)).containsExactly(1e4, 1e4, 1e4);
        assertThat(rotaries(olmo).map(Rotary::scaling)).containsExactly(none, linear, linear);
    }

    /** As transformers 5 saves them; what a section lacks, the options of transformers 4 say. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'full_attention': {'rope_type': 'linear', 'factor': 8.0, 'rope_theta': 700.0},"
                        + " 'sliding_attention': {'rope_type': 'default', 'rope_theta': 500.0} | 'rope_theta': 900.0 | 500 | 700 | 8",
                "'full_attention': {'rope_type': 'linear', 'factor': 8.0, 'rope_theta': 700.0} | 'rope_theta': 900.0 | 10000 | 700 | 8",
                "'full_attention': {'rope_type': 'linear', 'factor': 8.0}, 'sliding_attention': null"
                        + " | 'rope_theta': 900.0 | 10000 | 900 | 8",
                "'sliding_attention': {'rope_theta': 500.0} | 'rope_theta': 900.0, 'rope_scaling': {'rope_type': 'linear', 'factor': 8.0}"
                        + " | 500 | 900 | 8"
            })
    void kindsOfLayersMayHaveSectionsOfTheirOwn(
            String sections, String more, double sliding, double full, double factor) {
        String options = "'layer_types': ['sliding_attention', 'full_attention', 'full_attention'], " + more + ", "
                + parameters(sections);
        for (String family : List.of("gemma3_text", "olmo3")) {
            Architecture model = small(family, options);
            RotaryScaling linear = new RotaryScaling.Linear(factor);

            assertThat(rotaries(model).map(Rotary::scaling))
                    .as(family)
                    .containsExactly(new RotaryScaling.None(), linear, linear);
            assertThat(rotaries(model).map(Rotary::base).skip(1)).as(family).containsExactly(full, full);
        }
        assertThat(rotaries(small("gemma3_text", options)).map(Rotary::base))
                .first()
                .isEqualTo(sliding);
    }

    @Test
    void ofFamiliesWhoseLayersHaveTheSamePositionsSectionsByKindAreRefused() {
        assertThatThrownBy(() -> small("llama", parameters("'full_attention': {'rope_theta': 500.0}")))
                .isInstanceOf(UnsupportedInputException.class)
                .hasMessageContaining("rope_parameters.full_attention");
    }

    @Test
    void scalingOfNemotronIsOfItsPartOfAHead() {
        Architecture model = small("nemotron", scaling("'type': 'linear', 'factor': 8.0"));

        assertThat(rotaries(model).map(Rotary::scaling)).containsOnly(new RotaryScaling.Linear(8));
        assertThat(rotaries(model).map(Rotary::size)).containsOnly(4);
    }

    private static Stream<Rotary> rotaries(Architecture model) {
        return model.blocks().stream()
                .map(block -> Architectures.attention(block).rotary().orElseThrow());
    }

    /** The factor is (0.1 · mscale_all_dim · ln factor + 1)², for heads of 24 channels. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "                                                                            | 1",
                "'rope_scaling': null                                                        | 1",
                "'rope_scaling': {'type': 'yarn', 'factor': 40}                              | 1",
                "'rope_scaling': {'type': 'yarn', 'factor': 40, 'mscale': 0.707}             | 1",
                "'rope_scaling': {'type': 'yarn', 'factor': 40, 'mscale_all_dim': 0}         | 1",
                "'rope_scaling': {'type': 'yarn', 'factor': 40, 'mscale_all_dim': null}      | 1",
                "'rope_scaling': {'type': 'yarn', 'factor': 40, 'mscale_all_dim': 0.707}     | 1.5896261651208736",
                "'rope_scaling': {'type': 'yarn', 'factor': 40, 'mscale': 0.707, 'mscale_all_dim': 1} | 1.8738542070926265",
                "'rope_scaling': {'type': 'yarn', 'factor': 40, 'mscale_all_dim': 0.707, 'attention_factor': 2} | 1.5896261651208736",
                "'rope_scaling': {'type': 'yarn', 'factor': 1, 'mscale_all_dim': 0.707}      | 1",
                "'rope_scaling': {'type': 'yarn', 'factor': 0.5, 'mscale_all_dim': 0.707}    | 1",
                "'rope_scaling': {'type': 'yarn', 'original_max_position_embeddings': 16, 'mscale_all_dim': 0.707} | 1.2056281810045126",
                "'rope_scaling': {'rope_type': 'linear', 'factor': 8, 'mscale_all_dim': 0.707} | 1.3156468902633884",
                "'rope_scaling': {'rope_type': 'dynamic', 'factor': 2.5, 'mscale_all_dim': 1.5} | 1.2937779654319124",
                "'rope_scaling': {'rope_type': 'default', 'factor': 8, 'mscale_all_dim': 0.707} | 1",
                "'rope_parameters': {'rope_theta': 1e4, 'factor': 8, 'mscale_all_dim': 0.707} | 1",
                "'rope_parameters': {'rope_type': 'yarn', 'factor': 40, 'mscale_all_dim': 0.707} | 1.5896261651208736",
                "'rope_scaling': {'type': 'yarn', 'factor': 40}, 'rope_parameters': {'mscale_all_dim': 0.707} | 1"
            })
    void scoresOfDeepSeekAreScaledByTheSection(String options, double factor) {
        for (String family : List.of("deepseek_v2", "deepseek_v3")) {
            assertThat(scale(family, options)).isCloseTo(factor / Math.sqrt(24), within(1e-15));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "glm4_moe", "dots1"})
    void scoresOfOthersAreNot(String family) {
        String options = scaling("'type': 'yarn', 'factor': 40, 'mscale_all_dim': 0.707");

        assertThat(scale(family, options)).isEqualTo(1 / Math.sqrt(16));
    }

    private static double scale(String family, String options) {
        Architecture model = small(
                family,
                "'head_dim': 16, 'qk_nope_head_dim': 16, 'qk_rope_head_dim': 8, 'first_k_dense_replace': 3"
                        + Optional.ofNullable(options).map(more -> ", " + more).orElse(""));
        return Architectures.attention(model.blocks().get(0)).scores().scale();
    }

    @Test
    void attentionFactorsMayBeGivenForBothSidesOfTheOriginalContext() {
        String given = "'original_max_position_embeddings': 64, 'short_mscale': 1.25, 'long_mscale': 1.5";
        given += ", 'short_factor': [1, 1, 1, 1], 'long_factor': [2, 2, 2, 2]";
        Rotary longRope = rotary("phimoe", scaling("'type': 'longrope', " + given));
        Rotary linear = rotary("phimoe", "'rope_theta': 1e4, " + scaling("'type': 'linear', 'factor': 1, " + given));

        assertNumbers(
                longRope,
                64,
                1.25,
                rotary("phimoe", scaling("'type': 'longrope', " + LISTS + ", " + given))
                        .frequencies(1));
        assertThat(longRope.frequencies(65)).isNotEqualTo(longRope.frequencies(64));
        assertNumbers(linear, 64, 1.25, 1, 0.1, 0.01, 0.001);
        assertNumbers(linear, 65, 1.5, 1, 0.1, 0.01, 0.001);
    }
}
