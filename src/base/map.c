/* base/map.c - string map: entries in insertion order beside an open-addressing index of them.
 * Must not know what the values are. Keys may come from outside, so the hash is keyed (SipHash-1-3). */
#include "base/map.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"

struct entry {
    char *key; /* NULL once removed */
    void *value;
    uint64_t hash;
};

struct cu_map {
    struct entry *entries;
    size_t n, cap; /* entries used, removed ones included */
    size_t live;
    uint32_t *index; /* entry number + 1; 0 is free; a power of two of slots */
    size_t slots;
    void (*free_value)(void *value);
};

static uint64_t seed[2];
static pthread_once_t seeded = PTHREAD_ONCE_INIT;

static void make_seed(void)
{
    cu_random(seed, sizeof seed);
}

static inline uint64_t rotl(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1], v[1] = rotl(v[1], 13) ^ v[0], v[0] = rotl(v[0], 32);
    v[2] += v[3], v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3], v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1], v[1] = rotl(v[1], 17) ^ v[2], v[2] = rotl(v[2], 32);
}

static uint64_t hash_of(const char *key)
{
    size_t n = strlen(key), i = 0;
    uint64_t v[4] = { seed[0] ^ 0x736f6d6570736575, seed[1] ^ 0x646f72616e646f6d,
                      seed[0] ^ 0x6c7967656e657261, seed[1] ^ 0x7465646279746573 };
    uint64_t m;
    for (; i + 8 <= n; i += 8) {
        memcpy(&m, key + i, 8);
        v[3] ^= m;
        sip_round(v);
        v[0] ^= m;
    }
    m = (uint64_t)n << 56;
    for (int shift = 0; i < n; i++, shift += 8)
        m |= (uint64_t)(unsigned char)key[i] << shift;
    v[3] ^= m;
    sip_round(v);
    v[0] ^= m;
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct cu_map *cu_map_new(void (*free_value)(void *value))
{
    pthread_once(&seeded, make_seed);
    struct cu_map *m = cu_calloc(1, sizeof *m);
    m->free_value = free_value;
    return m;
}

void cu_map_free(struct cu_map *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->n; i++) {
        if (m->entries[i].key && m->free_value)
            m->free_value(m->entries[i].value);
        free(m->entries[i].key);
    }
    free(m->entries);
    free(m->index);
    free(m);
}

void cu_cleanup_map(struct cu_map **m)
{
    cu_map_free(*m);
    *m = NULL;
}

/* Removed entries keep their slot until the next rebuild, so a search runs on past them. */
static struct entry *find(const struct cu_map *m, const char *key)
{
    if (m->live == 0)
        return NULL;
    uint64_t h = hash_of(key);
    for (size_t s = h & (m->slots - 1); m->index[s]; s = (s + 1) & (m->slots - 1)) {
        struct entry *e = &m->entries[m->index[s] - 1];
        if (e->hash == h && e->key && strcmp(e->key, key) == 0)
            return e;
    }
    return NULL;
}

static void index_add(struct cu_map *m, size_t number)
{
    size_t s = m->entries[number].hash & (m->slots - 1);
    while (m->index[s])
        s = (s + 1) & (m->slots - 1);
    m->index[s] = (uint32_t)(number + 1);
}

/* Squeezes out removed entries and makes room for as many again. */
static void rebuild(struct cu_map *m)
{
    size_t live = 0;
    for (size_t i = 0; i < m->n; i++)
        if (m->entries[i].key)
            m->entries[live++] = m->entries[i];
    m->n = live;
    size_t cap = 8;
    while (cap < live * 2)
        cap *= 2;
    if (cap >= UINT32_MAX / 2)
        abort(); /* more than two thousand million keys */
    m->entries = cu_reallocarray(m->entries, cap, sizeof *m->entries);
    m->cap = cap;
    free(m->index);
    m->slots = cap * 2;
    m->index = cu_calloc(m->slots, sizeof *m->index);
    for (size_t i = 0; i < m->n; i++)
        index_add(m, i);
}

void cu_map_set(struct cu_map *m, const char *key, void *value)
{
    struct entry *e = find(m, key);
    if (e) {
        void *old = e->value;
        e->value = value;
        if (m->free_value && old != value)
            m->free_value(old);
        return;
    }
    if (m->n == m->cap)
        rebuild(m);
    m->entries[m->n] = (struct entry){ cu_strdup(key), value, hash_of(key) };
    index_add(m, m->n++);
    m->live++;
}

void *cu_map_get(const struct cu_map *m, const char *key)
{
    struct entry *e = find(m, key);
    return e ? e->value : NULL;
}

static bool detach(struct cu_map *m, const char *key, void **value)
{
    struct entry *e = find(m, key);
    if (!e)
        return false;
    *value = e->value;
    free(e->key);
    e->key = NULL;
    e->value = NULL;
    m->live--;
    return true;
}

bool cu_map_remove(struct cu_map *m, const char *key)
{
    void *value;
    if (!detach(m, key, &value))
        return false;
    if (m->free_value)
        m->free_value(value);
    return true;
}

void *cu_map_take(struct cu_map *m, const char *key)
{
    void *value = NULL;
    return detach(m, key, &value) ? value : NULL;
}

size_t cu_map_len(const struct cu_map *m)
{
    return m->live;
}

bool cu_map_next(const struct cu_map *m, size_t *pos, const char **key, void **value)
{
    while (*pos < m->n && !m->entries[*pos].key)
        (*pos)++;
    if (*pos >= m->n)
        return false;
    if (key)
        *key = m->entries[*pos].key;
    if (value)
        *value = m->entries[*pos].value;
    (*pos)++;
    return true;
}
