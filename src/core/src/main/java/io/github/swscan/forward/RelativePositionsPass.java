package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.github.swscan.architecture.Attention;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.RelativePositions;
import io.github.swscan.architecture.RelativePositions.Disentangled;
import io.github.swscan.engine.Operations;
import io.github.swscan.weight.Edit;
import io.github.swscan.weight.PutBack;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** What scores get added for distances, see {@link RelativePositions}. */
final class RelativePositionsPass {

    private final Compute compute;
    private final Operations operations;
    private final Weights weights;

    RelativePositionsPass(Compute compute) {
        this.compute = compute;
        this.operations = compute.operations();
        this.weights = compute.weights();
    }

    /**
     * The vectors of distances of disentangled attention, as each branch has them. Those of most are the same: only edits
     * or another version of their linear maps make others.
     *
     * @param keys [versions * distances, heads, size]; empty where queries do not meet them
     * @param queries likewise
     * @param versions which of them a branch has; none where there are no such vectors
     */
    record Distances(Optional<NDArray> keys, Optional<NDArray> queries, Map<Branch, Integer> versions) {

        static final Distances NONE = new Distances(Optional.empty(), Optional.empty(), Map.of());

        int versionOf(Branch branch) {
            return versions.getOrDefault(branch, 0);
        }

        /** Whether all branches have the same. */
        boolean isOne() {
            return versions.values().stream().distinct().count() < 2;
        }
    }

    /** To be called once for the attention of a block, behind its other projections. */
    Distances distances(Attention attention, Layout layout) {
        if (!(attention.scores().relative().orElse(null) instanceof Disentangled given)) {
            return Distances.NONE;
        }
        List<Branch> standIns = new ArrayList<>(List.of(new Branch(List.of(0), List.of())));
        Map<Branch, Integer> versions = new HashMap<>();
        for (Branch branch : layout.branches()) {
            if (given.linears().noneMatch(map -> isChanged(map, branch))) {
                versions.put(branch, 0);
            } else {
                versions.put(branch, standIns.size());
                // What is put back is put back for tokens of the text.
                List<Edit> edits = branch.edits().stream()
                        .filter(edit -> !(edit instanceof PutBack))
                        .toList();
                standIns.add(new Branch(List.of(0), edits, branch.transform()));
            }
        }
        int count = 2 * given.span();
        NDArray table = weights.lookUp(given.table(), IntStream.range(0, count).toArray());
        NDArray x = compute.norm().toPrecision(compute.norm().apply(given.norm(), table)); // [distances, hidden]
        NDList copies = new NDList();
        standIns.forEach(branch -> copies.add(x));
        NDArray all = NDArrays.concat(copies, 0);
        Rows rows = Rows.all(Layout.of(new Sequences(List.of(new int[count])), standIns));
        return new Distances(
                given.key().map(map -> heads(attention, map, all, rows)),
                given.query().map(map -> heads(attention, map, all, rows)),
                versions);
    }

    /** What queries mix the profiles of distances with, where there are such [rows, heads, profiles]. */
    Optional<NDArray> mixes(Attention attention, NDArray x, Rows rows) {
        return attention
                .scores()
                .relative()
                .filter(RelativePositions.Profiles.class::isInstance)
                .map(RelativePositions.Profiles.class::cast)
                .map(given -> compute.linear()
                        .apply(given.mixes(), x, rows)
                        .reshape(rows.count(), attention.heads(), given.size()));
    }

    private static boolean isChanged(Linear map, Branch branch) {
        MatrixEdits edits = branch.editsOf(map);
        return branch.transform().changes(map) || edits.changesWeights();
    }

    private NDArray heads(Attention attention, Linear map, NDArray x, Rows rows) {
        return compute.linear().apply(map, x, rows).reshape(rows.count(), attention.heads(), -1);
    }

    /**
     * For some tokens of sequences of equal length, whose branches have the same version of the distances' vectors.
     *
     * @param queries those of these tokens [sequences * tokens, heads, ...]
     * @param k the keys of the whole sequences [sequences * keys, heads, size]
     * @param first the position of the first of these tokens in its sequence
     * @return [..., heads, tokens, keys] float32
     */
    NDArray scores(
            Attention attention,
            Distances distances,
            int version,
            Queries queries,
            NDArray k,
            int first,
            int tokens,
            int keys) {
        RelativePositions relative = attention.scores().relative().orElseThrow();
        NDArray rows = rows(relative, first, tokens, keys);
        if (relative instanceof RelativePositions.Biases biases) {
            int[] all = IntStream.range(0, RelativePositions.Biases.BUCKETS).toArray();
            return operations.biasesOf(weights.lookUp(biases.table(), all), rows);
        }
        if (relative instanceof RelativePositions.Profiles profiles) {
            NDArray table = weights.vector(profiles.profiles()).reshape(profiles.size(), profiles.distances());
            return operations.profileScores(queries.mixes().orElseThrow(), table, rows);
        }
        int count = 2 * ((Disentangled) relative).span();
        return operations.disentangledScores(
                queries.vectors(),
                k,
                distances.keys().map(all -> version(all, version, count)),
                distances.queries().map(all -> version(all, version, count)),
                rows,
                attention.scores().scale());
    }

    private NDArray version(NDArray all, int version, int count) {
        return operations.rows(all, (long) version * count, (version + 1L) * count);
    }

    /** The row of the table that each pair of a query and a key has [tokens, keys]. */
    private NDArray rows(RelativePositions relative, int first, int tokens, int keys) {
        long[] byDistance = new long[first + tokens + keys];
        for (int i = 0; i < byDistance.length; i++) {
            byDistance[i] = relative.row(i - keys);
        }
        long[] rows = new long[Math.multiplyExact(tokens, keys)];
        for (int token = 0; token < tokens; token++) {
            for (int key = 0; key < keys; key++) {
                rows[token * keys + key] = byDistance[first + token - key + keys];
            }
        }
        return weights.manager().create(rows, new Shape(tokens, keys));
    }
}
