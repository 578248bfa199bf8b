struct Arguments { unsigned long long slots[20]; };

__constant__ double constants[] = {
    -0x1.fffffffffffffp-1,
    0x1.199999999999ap+0,
};

static __device__ __forceinline__ unsigned long long
wide_product(const unsigned int a, const unsigned int b)
{
#ifdef __CUDA_ARCH__
    unsigned long long product;
    asm("mul.wide.u32 %0, %1, %2;" : "=l"(product) : "r"(a), "r"(b));
    return product;
#else
    return wide_product_of(a, b);
#endif
}

static __device__ __forceinline__ void philox_double_0(const Arguments& arguments, unsigned long long a0, unsigned long long a1, unsigned long long a2, unsigned long long a3, unsigned long long &r0, unsigned long long &r1, unsigned long long &r2, unsigned long long &r3)
{
    const unsigned long long v1 = a0 & 4294967295ull;
    const unsigned long long v2 = wide_product(v1, 3528531795ull);
    const unsigned long long v3 = v2 >> 32ull;
    const unsigned long long v4 = v3 ^ a3;
    const unsigned long long v5 = (unsigned long long)arguments.slots[0];
    const unsigned long long v6 = v4 ^ v5;
    const unsigned long long v7 = v6 & 4294967295ull;
    const unsigned long long v8 = wide_product(v7, 3449720151ull);
    const unsigned long long v9 = v8 >> 32ull;
    const unsigned long long v10 = a2 & 4294967295ull;
    const unsigned long long v11 = wide_product(v10, 3449720151ull);
    const unsigned long long v12 = v9 ^ v11;
    const unsigned long long v13 = (unsigned long long)arguments.slots[1];
    const unsigned long long v14 = v12 ^ v13;
    const unsigned long long v15 = v14 & 4294967295ull;
    const unsigned long long v16 = wide_product(v15, 3528531795ull);
    const unsigned long long v17 = v16 >> 32ull;
    const unsigned long long v18 = v11 >> 32ull;
    const unsigned long long v19 = v18 ^ a1;
    const unsigned long long v20 = (unsigned long long)arguments.slots[2];
    const unsigned long long v21 = v19 ^ v20;
    const unsigned long long v22 = v21 & 4294967295ull;
    const unsigned long long v23 = wide_product(v22, 3528531795ull);
    const unsigned long long v24 = v17 ^ v23;
    const unsigned long long v25 = (unsigned long long)arguments.slots[3];
    const unsigned long long v26 = v24 ^ v25;
    const unsigned long long v27 = v26 & 4294967295ull;
    const unsigned long long v28 = wide_product(v27, 3449720151ull);
    const unsigned long long v29 = v28 >> 32ull;
    const unsigned long long v30 = v23 >> 32ull;
    const unsigned long long v31 = v30 ^ v2;
    const unsigned long long v32 = (unsigned long long)arguments.slots[4];
    const unsigned long long v33 = v31 ^ v32;
    const unsigned long long v34 = v33 & 4294967295ull;
    const unsigned long long v35 = wide_product(v34, 3449720151ull);
    const unsigned long long v36 = v29 ^ v35;
    const unsigned long long v37 = (unsigned long long)arguments.slots[5];
    const unsigned long long v38 = v36 ^ v37;
    const unsigned long long v39 = v38 & 4294967295ull;
    const unsigned long long v40 = wide_product(v39, 3528531795ull);
    const unsigned long long v41 = v40 >> 32ull;
    const unsigned long long v42 = v35 >> 32ull;
    const unsigned long long v43 = v42 ^ v8;
    const unsigned long long v44 = (unsigned long long)arguments.slots[6];
    const unsigned long long v45 = v43 ^ v44;
    const unsigned long long v46 = v45 & 4294967295ull;
    const unsigned long long v47 = wide_product(v46, 3528531795ull);
    const unsigned long long v48 = v41 ^ v47;
    const unsigned long long v49 = (unsigned long long)arguments.slots[7];
    const unsigned long long v50 = v48 ^ v49;
    const unsigned long long v51 = v50 & 4294967295ull;
    const unsigned long long v52 = wide_product(v51, 3449720151ull);
    const unsigned long long v53 = v52 >> 32ull;
    const unsigned long long v54 = v47 >> 32ull;
    const unsigned long long v55 = v54 ^ v16;
    const unsigned long long v56 = (unsigned long long)arguments.slots[8];
    const unsigned long long v57 = v55 ^ v56;
    const unsigned long long v58 = v57 & 4294967295ull;
    const unsigned long long v59 = wide_product(v58, 3449720151ull);
    const unsigned long long v60 = v53 ^ v59;
    const unsigned long long v61 = (unsigned long long)arguments.slots[9];
    const unsigned long long v62 = v60 ^ v61;
    const unsigned long long v63 = v62 & 4294967295ull;
    const unsigned long long v64 = wide_product(v63, 3528531795ull);
    const unsigned long long v65 = v64 >> 32ull;
    const unsigned long long v66 = v59 >> 32ull;
    const unsigned long long v67 = v66 ^ v28;
    const unsigned long long v68 = (unsigned long long)arguments.slots[10];
    const unsigned long long v69 = v67 ^ v68;
    const unsigned long long v70 = v69 & 4294967295ull;
    const unsigned long long v71 = wide_product(v70, 3528531795ull);
    const unsigned long long v72 = v65 ^ v71;
    const unsigned long long v73 = (unsigned long long)arguments.slots[11];
    const unsigned long long v74 = v72 ^ v73;
    const unsigned long long v75 = v74 & 4294967295ull;
    const unsigned long long v76 = wide_product(v75, 3449720151ull);
    const unsigned long long v77 = v76 >> 32ull;
    const unsigned long long v78 = v71 >> 32ull;
    const unsigned long long v79 = v78 ^ v40;
    const unsigned long long v80 = (unsigned long long)arguments.slots[12];
    const unsigned long long v81 = v79 ^ v80;
    const unsigned long long v82 = v81 & 4294967295ull;
    const unsigned long long v83 = wide_product(v82, 3449720151ull);
    const unsigned long long v84 = v77 ^ v83;
    const unsigned long long v85 = (unsigned long long)arguments.slots[13];
    const unsigned long long v86 = v84 ^ v85;
    const unsigned long long v87 = v86 & 4294967295ull;
    const unsigned long long v88 = wide_product(v87, 3528531795ull);
    const unsigned long long v89 = v88 >> 32ull;
    const unsigned long long v90 = v83 >> 32ull;
    const unsigned long long v91 = v90 ^ v52;
    const unsigned long long v92 = (unsigned long long)arguments.slots[14];
    const unsigned long long v93 = v91 ^ v92;
    const unsigned long long v94 = v93 & 4294967295ull;
    const unsigned long long v95 = wide_product(v94, 3528531795ull);
    const unsigned long long v96 = v89 ^ v95;
    const unsigned long long v97 = (unsigned long long)arguments.slots[15];
    const unsigned long long v98 = v96 ^ v97;
    const unsigned long long v99 = v98 & 4294967295ull;
    const unsigned long long v100 = wide_product(v99, 3449720151ull);
    const unsigned long long v101 = v100 >> 32ull;
    const unsigned long long v102 = v95 >> 32ull;
    const unsigned long long v103 = v102 ^ v64;
    const unsigned long long v104 = (unsigned long long)arguments.slots[16];
    const unsigned long long v105 = v103 ^ v104;
    const unsigned long long v106 = v105 & 4294967295ull;
    const unsigned long long v107 = wide_product(v106, 3449720151ull);
    const unsigned long long v108 = v101 ^ v107;
    const unsigned long long v109 = (unsigned long long)arguments.slots[17];
    const unsigned long long v110 = v108 ^ v109;
    const unsigned long long v111 = v110 << 32ull;
    const unsigned long long v112 = v111 | v94;
    const unsigned long long v113 = v100 << 32ull;
    const unsigned long long v114 = v83 & 4294967295ull;
    const unsigned long long v115 = v113 | v114;
    const unsigned long long v116 = v107 >> 32ull;
    const unsigned long long v117 = v116 ^ v76;
    const unsigned long long v118 = (unsigned long long)arguments.slots[18];
    const unsigned long long v119 = v117 ^ v118;
    const unsigned long long v120 = v119 & 4294967295ull;
    const unsigned long long v121 = wide_product(v120, 3528531795ull);
    const unsigned long long v122 = v121 >> 32ull;
    const unsigned long long v123 = v122 ^ v88;
    const unsigned long long v124 = (unsigned long long)arguments.slots[19];
    const unsigned long long v125 = v123 ^ v124;
    const unsigned long long v126 = v125 << 32ull;
    const unsigned long long v127 = v126 | v75;
    const unsigned long long v128 = v121 << 32ull;
    const unsigned long long v129 = v64 & 4294967295ull;
    const unsigned long long v130 = v128 | v129;
    r0 = v112;
    r1 = v115;
    r2 = v127;
    r3 = v130;
}

extern "C" __global__ void __launch_bounds__(128)
program(const long long first_block, const long long n_blocks, const long long stride,
        const Arguments arguments, double* __restrict__ out)
{
    const unsigned int lane = threadIdx.x % 32u;
    const unsigned int warps = blockDim.x / 32u;
    const long long n_warps = (long long)gridDim.x * warps;
    const long long warp = (long long)blockIdx.x * warps + threadIdx.x / 32u;
    for (long long index = warp; index < n_blocks; index += n_warps) {
        const unsigned long long block = (unsigned long long)(first_block + index);
        const unsigned long long v1 = block * 256ull;
        #pragma unroll 1
        for (unsigned int i2 = 0u; i2 < 8u; ++i2) {
            const unsigned int v3 = i2 * 32u;
            const unsigned int v4 = v3 + lane;
            const unsigned long long v5 = (unsigned long long)v4;
            const unsigned long long v6 = v1 + v5;
            const unsigned long long v7 = v6 >> 32ull;
            unsigned long long v8;
            unsigned long long v9;
            unsigned long long v10;
            unsigned long long v11;
            philox_double_0(arguments, v6, v7, 0ull, 947970896ull, v8, v9, v10, v11);
            #pragma unroll 1
            for (unsigned int i12 = 0u; i12 < 4u; ++i12) {
                const unsigned long long v13 = i12 == 0u ? v8 : i12 == 1u ? v9 : i12 == 2u ? v10 : v11;
                const bool v14 = (long long)v13 < (long long)0ull;
                const unsigned long long v15 = (unsigned long long)((long long)v13 >> 63ull);
                const unsigned long long v16 = v13 ^ v15;
                const unsigned long long v17 = v16 >> 12ull;
                const unsigned long long v18 = v17 | 4841369599423283200ull;
                const double v19 = __longlong_as_double((long long)v18);
                const double v20 = __fma_rn(v19, 0x1.0000000000000p-52, constants[0]);
                const double v21 = __dmul_rn(0x1.0000000000000p+0, v20);
                const double v22 = __dsub_rn(0x1.0000000000000p+0, v21);
                const double v23 = __dadd_rn(0x0.0p+0, v21);
                const double v24 = v14 ? v22 : v23;
                const double v25 = __dmul_rn(v24, 0x1.8000000000000p+1);
                const double v26 = __dsub_rn(v25, 0x1.0000000000000p+0);
                const bool v27 = v26 < 0x0.0p+0;
                const double v28 = v27 ? 0x0.0p+0 : v26;
                double s29 = v28;
                #pragma unroll 1
                for (unsigned int i30 = 0u; i30 < 6u; ++i30) {
                    const double v31 = __dmul_rn(s29, constants[1]);
                    const double v32 = __int2double_rn((int)i30);
                    const double v33 = __dadd_rn(v31, v32);
                    s29 = v33;
                }
                const long long place = index * 1024 + (i2 * 4u + i12) * 32u + lane;
                out[0 * stride * 1024 + place] = s29;
            }
        }
    }
}
