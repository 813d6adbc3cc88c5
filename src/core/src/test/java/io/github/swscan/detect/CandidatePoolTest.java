package io.github.swscan.detect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class CandidatePoolTest {

    /** The scores that the candidates of each layer have; there are equal ones among them. */
    @Provide
    Arbitrary<List<List<Integer>>> layers() {
        return Arbitraries.integers()
                .between(0, 9)
                .list()
                .ofMaxSize(5)
                .list()
                .ofMinSize(1)
                .ofMaxSize(8);
    }

    @Property(tries = 500, seed = "1")
    void membersAreTheBestOfAllAndTheFirstOfEquals(
            @ForAll("layers") List<List<Integer>> layers, @ForAll @IntRange(max = 7) int size) {
        CandidatePool pool = new CandidatePool(size);
        List<Candidate> all = new ArrayList<>();
        for (int layer = 0; layer < layers.size(); layer++) {
            List<Candidate> found = candidates(layer, layers.get(layer));
            all.addAll(found);
            pool.offer(found);
        }
        all.sort(Comparator.comparingDouble(Candidate::score).reversed());

        assertThat(pool.members()).isEqualTo(all.subList(0, Math.min(size, all.size())));
        assertThat(pool.leftOut()).isEqualTo(Math.max(0, all.size() - size));
        assertThat(pool.strongestLeftOut())
                .isEqualTo(all.stream().skip(size).limit(CandidatePool.NAMED).toList());
    }

    @Property(tries = 500, seed = "2")
    void whoIsInAtTheEndHasBeenInSinceItsLayer(
            @ForAll("layers") List<List<Integer>> layers, @ForAll @IntRange(max = 7) int size) {
        CandidatePool pool = new CandidatePool(size);
        List<List<Candidate>> membersAfter = new ArrayList<>();
        for (int layer = 0; layer < layers.size(); layer++) {
            List<Candidate> found = candidates(layer, layers.get(layer));
            List<Candidate> entered = pool.offer(found);
            membersAfter.add(pool.members());

            assertThat(entered)
                    .containsExactlyElementsOf(
                            found.stream().filter(pool.members()::contains).toList());
        }

        for (Candidate last : pool.members()) {
            assertThat(membersAfter.subList(last.layer(), layers.size()))
                    .allSatisfy(members -> assertThat(members).contains(last));
        }
    }

    /** A weight that several layers read is one candidate, at the layer where its score is highest. */
    @Test
    void aSharedWeightIsInThePoolOnce() {
        CandidatePool pool = new CandidatePool(2);
        Candidate first = Samples.candidate(0, 1, 1, 5);
        Candidate weaker = again(first, 1, 4);
        Candidate stronger = again(first, 2, 7);
        Candidate other = Samples.candidate(2, 3, 3, 6);

        assertThat(pool.offer(List.of(first))).containsExactly(first);
        assertThat(pool.offer(List.of(weaker))).isEmpty();
        assertThat(pool.offer(List.of(stronger, other))).containsExactly(stronger, other);
        assertThat(pool.members()).containsExactly(stronger, other);
        assertThat(pool.leftOut()).isZero();
    }

    private static Candidate again(Candidate candidate, int layer, double score) {
        return new Candidate(
                layer,
                candidate.expert(),
                candidate.coordinate(),
                true,
                candidate.value(),
                candidate.input(),
                candidate.output(),
                candidate.contributionShare(),
                candidate.streamShare(),
                score);
    }

    private static List<Candidate> candidates(int layer, List<Integer> scores) {
        List<Candidate> candidates = new ArrayList<>();
        for (int i = 0; i < scores.size(); i++) {
            candidates.add(Samples.candidate(layer, i, i, scores.get(i)));
        }
        return candidates;
    }
}
