package io.github.swscan.benchmark;

import io.github.swscan.benchmark.ModelShape.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Random weights with two super weights among them. Each has an input channel whose gate and up projections answer to what
 * the MLP reads at the first token, and one large weight that takes this channel's answer to one output channel.
 */
final class PlantedWeights {

    static final int FIRST_TOKEN = 1;
    static final double NORM_EPSILON = 1e-5;
    static final int EXPERTS_PER_TOKEN = 2;

    /** What gate and up projection give at the first token; so large that the activation lets it through as it is. */
    private static final double ANSWER = 20;

    private static final Map<Integer, Float> SPIKES = Map.of(1, -600f, 2, 450f);

    /** A super weight, as {@code planted.json} tells of it. */
    record Planted(String tensor, int layer, int row, int column, float value) {}

    private final ModelShape shape;
    private final RandomWeights random = new RandomWeights();
    private final Map<String, Tensor> tensors;
    private final Map<String, Map<Integer, short[]>> changedRows = new HashMap<>();
    private final List<Planted> planted = new ArrayList<>();

    PlantedWeights(ModelShape shape) {
        this.shape = shape;
        this.tensors = shape.tensors().stream().collect(Collectors.toMap(Tensor::name, tensor -> tensor));
        plant();
    }

    List<Planted> planted() {
        return planted;
    }

    /** Fills {@code target} with a row. Safe for use by several threads. */
    void row(Tensor tensor, int row, short[] target) {
        short[] changed = changedRows.getOrDefault(tensor.name(), Map.of()).get(row);
        if (changed != null) {
            System.arraycopy(changed, 0, target, 0, target.length);
        } else {
            random.row(tensor, row, target);
        }
    }

    /**
     * Follows the first token through the first layers, in the model as it is and in that without the first super weight,
     * since the second one is to answer in both.
     */
    private void plant() {
        Random places = new Random(2);
        List<float[]> streams = new ArrayList<>(List.of(row("model.embed_tokens.weight", FIRST_TOKEN)));
        int last = SPIKES.keySet().stream().mapToInt(layer -> layer).max().orElseThrow();
        for (int layer = 0; layer <= last; layer++) {
            List<float[]> inputs = new ArrayList<>();
            for (int i = 0; i < streams.size(); i++) {
                float[] h = plus(streams.get(i), attention(layer, normed(streams.get(i))));
                streams.set(i, h);
                inputs.add(normed(h));
            }
            String mlp = shape.mlp(layer, experts(layer, inputs.get(0))[0]);
            Float spike = SPIKES.get(layer);
            List<float[]> ends = new ArrayList<>();
            if (spike != null) {
                if (layer < last) {
                    ends.add(plus(streams.get(0), mlp(layer, inputs.get(0)))); // before it is there: without it
                }
                plant(
                        layer,
                        mlp,
                        places.nextInt(shape.hiddenSize()),
                        places.nextInt(shape.intermediateSize()),
                        inputs,
                        spike);
            }
            if (layer < last) {
                for (int i = streams.size() - 1; i >= 0; i--) {
                    ends.add(0, plus(streams.get(i), mlp(layer, inputs.get(i))));
                }
                streams = ends;
            }
        }
    }

    private void plant(int layer, String mlp, int row, int column, List<float[]> inputs, float spike) {
        short[] answering = bfloat16(rowAnswering(inputs));
        change(mlp + shape.gate(), column, answering);
        change(mlp + shape.up(), column, answering);
        double answer = dot(floats(answering), inputs.get(0));
        float value = round((float) (spike / (silu(answer) * answer)));
        short[] down = new short[shape.intermediateSize()];
        random.row(tensors.get(mlp + shape.down()), row, down);
        down[column] = RandomWeights.toBfloat16(value);
        change(mlp + shape.down(), row, down);
        planted.add(new Planted(mlp + shape.down(), layer, row, column, value));
    }

    /** The shortest vector whose product with each of one or two inputs is {@link #ANSWER}. */
    private static float[] rowAnswering(List<float[]> inputs) {
        float[] a = inputs.get(0);
        float[] b = inputs.get(inputs.size() - 1);
        double aa = dot(a, a);
        double ab = dot(a, b);
        double bb = dot(b, b);
        double determinant = aa * bb - ab * ab;
        boolean alike = determinant < 1e-6 * aa * bb;
        double ofA = alike ? ANSWER / aa : ANSWER * (bb - ab) / determinant;
        double ofB = alike ? 0 : ANSWER * (aa - ab) / determinant;
        float[] row = new float[a.length];
        for (int i = 0; i < row.length; i++) {
            row[i] = (float) (ofA * a[i] + ofB * b[i]);
        }
        return row;
    }

    private void change(String tensor, int row, short[] values) {
        changedRows.computeIfAbsent(tensor, name -> new HashMap<>()).put(row, values);
    }

    /** Of one token, which sees nothing but itself. */
    private float[] attention(int layer, float[] x) {
        float[] values = product(shape.layer(layer) + "self_attn.v_proj.weight", x);
        float[] heads = new float[shape.hiddenSize()];
        int shared = shape.heads() / shape.keyValueHeads();
        for (int head = 0; head < shape.heads(); head++) {
            System.arraycopy(
                    values, head / shared * shape.headSize(), heads, head * shape.headSize(), shape.headSize());
        }
        return product(shape.layer(layer) + "self_attn.o_proj.weight", heads);
    }

    /** The experts that a token goes to, the first one first. */
    private int[] experts(int layer, float[] x) {
        if (!shape.isMixture()) {
            return new int[] {0};
        }
        float[] logits = product(shape.router(layer), x);
        return IntStream.range(0, logits.length)
                .boxed()
                .sorted((one, other) -> Float.compare(logits[other], logits[one]))
                .limit(EXPERTS_PER_TOKEN)
                .mapToInt(expert -> expert)
                .toArray();
    }

    private float[] mlp(int layer, float[] x) {
        int[] experts = experts(layer, x);
        double[] weights = IntStream.of(experts).mapToDouble(expert -> 1).toArray();
        if (shape.isMixture()) {
            float[] logits = product(shape.router(layer), x);
            weights = IntStream.of(experts)
                    .mapToDouble(expert -> Math.exp(logits[expert]))
                    .toArray();
        }
        double total = Arrays.stream(weights).sum();
        float[] sum = new float[shape.hiddenSize()];
        for (int i = 0; i < experts.length; i++) {
            String mlp = shape.mlp(layer, experts[i]);
            float[] gate = product(mlp + shape.gate(), x);
            float[] up = product(mlp + shape.up(), x);
            for (int channel = 0; channel < gate.length; channel++) {
                gate[channel] = (float) (silu(gate[channel]) * up[channel]);
            }
            float[] output = product(mlp + shape.down(), gate);
            for (int channel = 0; channel < sum.length; channel++) {
                sum[channel] += (float) (weights[i] / total * output[channel]);
            }
        }
        return sum;
    }

    /** W x. */
    private float[] product(String name, float[] x) {
        Tensor tensor = tensors.get(name);
        float[] product = new float[tensor.rows()];
        IntStream.range(0, tensor.rows()).parallel().forEach(row -> product[row] = (float) dot(row(name, row), x));
        return product;
    }

    private float[] row(String name, int row) {
        Tensor tensor = tensors.get(name);
        short[] values = new short[tensor.columns()];
        row(tensor, row, values);
        return floats(values);
    }

    private static float[] normed(float[] x) {
        double scale = 1 / Math.sqrt(dot(x, x) / x.length + NORM_EPSILON);
        float[] normed = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            normed[i] = round((float) (x[i] * scale));
        }
        return normed;
    }

    private static double silu(double x) {
        return x / (1 + Math.exp(-x));
    }

    private static float[] plus(float[] x, float[] y) {
        float[] sum = x.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += y[i];
        }
        return sum;
    }

    private static double dot(float[] x, float[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += (double) x[i] * y[i];
        }
        return sum;
    }

    private static float round(float value) {
        return RandomWeights.toFloat(RandomWeights.toBfloat16(value));
    }

    private static short[] bfloat16(float[] values) {
        short[] rounded = new short[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = RandomWeights.toBfloat16(values[i]);
        }
        return rounded;
    }

    private static float[] floats(short[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = RandomWeights.toFloat(values[i]);
        }
        return floats;
    }
}
